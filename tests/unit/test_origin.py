"""An artifact is refused where the workspace holds other models, data or settings, and nowhere else."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from rnn_vs_transformer.forecasting.origin import FOLDER, LOCK, PIPELINE, origin_here, require_current
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_bytes
from rnn_vs_transformer.settings.family.families import given_settings, save_settings

PLACES = ("models/rnn", "models/transformer", "reports/history/rnn", "reports/history/transformer")


def set_params(**values):
    content = yaml.safe_load(paths.PARAMS.read_text())
    for key, value in values.items():
        section, _, name = key.partition("__")
        content[section][name] = value
    paths.PARAMS.write_text(yaml.safe_dump(content))


@pytest.fixture
def origin(tmp_path, monkeypatch, configure):
    """Of an artifact that was just packed in a workspace of made-up weights."""
    monkeypatch.chdir(tmp_path)
    params = configure({})
    paths.PARAMS.write_text(yaml.safe_dump(params.model_dump()))
    PIPELINE.write_text("stages: {}\n")
    recorded = {"stages": {"generate": {"params": {"params.yaml": {"data": params.data.model_dump()}}}}}
    LOCK.write_text(yaml.safe_dump(recorded))
    for path in (*paths.SERIES, *(Path(place, "tutorial", "file") for place in PLACES)):
        write_bytes(path, path.as_posix().encode())
    for family in ("rnn", "transformer"):
        save_settings(paths.trained_settings(family), given_settings(family, params.model, params.train))
    FOLDER.mkdir(parents=True)
    return origin_here(["rnn", "transformer"])


def refusal(origin, folder=FOLDER):
    with pytest.raises(InputError) as raised:
        require_current(folder, origin)
    assert "run: dvc repro package" in str(raised.value)
    return str(raised.value)


def test_what_was_just_packed_is_current(origin, tmp_path, monkeypatch) -> None:
    require_current(FOLDER, origin)
    monkeypatch.chdir("/")
    require_current(tmp_path / FOLDER, origin)


@pytest.mark.parametrize("place", [*PLACES, *(path.as_posix() for path in paths.SERIES)])
def test_other_weights_losses_or_data_are_named(origin, place) -> None:
    changed = Path(place, "tutorial", "file") if Path(place).is_dir() else Path(place)
    changed.write_text("of a later run")
    assert f"models/forecaster is of an earlier run: {place} has changed since" in refusal(origin)


def test_a_recipe_that_was_added_is_another_run(origin) -> None:
    write_bytes(paths.weights("rnn", 0, "season_tokens"), b"more")
    assert "models/rnn has changed since" in refusal(origin)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"model__cell": "gru"}, "model.cell was rnn and is gru, for the rnn"),
        ({"model__heads": 4}, "model.heads was 2 and is 4, for the transformer"),
        ({"train__learning_rate": 0.5}, "train.learning_rate was 0.001 and is 0.5, for the rnn"),
        ({"train__seeds": 3}, "train.seeds was 2 and is 3, for the rnn"),
        ({"data__prediction_length": 5}, "data.prediction_length was 4 and is 5"),
        ({"data__file": "data/raw/mine.csv"}, "data.file was data/raw/co2_weekly.csv and is data/raw/mine.csv"),
    ],
)
def test_a_setting_that_was_changed_and_not_run_is_named(origin, setting, told) -> None:
    """`dvc exp run check -S ...` leaves weights of the old settings, so that the files alone would not tell."""
    set_params(**setting)
    assert f"of an earlier run: {told}; " in refusal(origin)


def test_settings_that_change_no_forecast_may_change(origin) -> None:
    set_params(report__language="zh", run__workers=1, evaluate__margin=0.5, cost__rounds=2)
    require_current(FOLDER, origin)


def test_tuned_settings_are_compared_with_those_that_were_tuned(origin, configure) -> None:
    set_params(train__settings="tuned")
    require_current(FOLDER, origin)
    params = configure({"model.cell": "gru"})
    save_settings(paths.family_settings("tuned", "rnn"), given_settings("rnn", params.model, params.train))
    assert "model.cell was rnn and is gru, for the rnn" in refusal(origin)


def test_an_artifact_without_its_workspace_is_what_it_is(origin, tmp_path) -> None:
    """Fetched to another place, or pulled alone into a clone without weights and data."""
    Path("models/rnn/tutorial/file").write_text("of a later run")
    shutil.copytree(FOLDER, tmp_path / "fetched")
    require_current(tmp_path / "fetched", origin)
    for place in (*PLACES, "data"):
        shutil.rmtree(place)
    require_current(FOLDER, origin)
    PIPELINE.unlink()
    set_params(model__cell="gru")
    require_current(FOLDER, origin)


def test_the_way_out_is_told(origin) -> None:
    set_params(model__cell="gru")
    assert re.search(r"copy it to another place and name that with --artifact\)$", refusal(origin))
