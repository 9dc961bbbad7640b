"""The two decodings compared: same seeds, same budget, the same scores as everywhere, and words for all cases."""

import json
import shutil
import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.evaluation.decoding import MODES, compare_decodings
from rnn_vs_transformer.evaluation.evaluate import evaluate_families
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.settings import load_settings, save_settings
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.params import NO_OTHER_DECODING
from rnn_vs_transformer.reporting.decoding import decoding_sentences, draw_decoding
from rnn_vs_transformer.reporting.report import load_texts
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.decoding import train_other_decoding
from rnn_vs_transformer.training.seeds import train_family

BUILDERS = {"rnn": build_rnn, "transformer": build_transformer}
FILES = (paths.DECODING, paths.DECODING_HORIZON)


def train_both(params):
    """All that the training stages write, on the series that lies here."""
    for family, build in BUILDERS.items():
        train_family(family, build, params.train.seeds, params.run)
        train_other_decoding(family, build, params.decoding, params.run)


def compared(params):
    return compare_decodings(BUILDERS, params.decoding.seeds, params.evaluate)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, configure, pass_settings):
    """Small settings, and a folder in which both decodings of both families were trained and compared."""
    folder = tmp_path_factory.mktemp("trained")
    params = configure({"train.epochs": 2, "decoding.seeds": 2, "evaluate.resamples": 200, "run.workers": 1})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        pass_settings(params)
        save_series(make_series(params.data))
        train_both(params)
        compared(params)
    return params, folder


@pytest.fixture
def here(trained, monkeypatch):
    """The settings, in the folder of `trained`, which a test may not change."""
    params, folder = trained
    monkeypatch.chdir(folder)
    return params


def test_which_decoding_is_the_chosen_one_changes_no_number(here, pass_settings, tmp_path, monkeypatch):
    """Both are trained on the same seeds, windows and budget: with the roles exchanged, the report is the same."""
    expected = [file.read_bytes() for file in FILES]
    monkeypatch.chdir(tmp_path)
    exchanged = here.model_copy(update={"model": here.model.other_decoding})
    pass_settings(exchanged)
    save_series(make_series(exchanged.data))

    train_both(exchanged)
    compared(exchanged)

    assert [file.read_bytes() for file in FILES] == expected


def test_the_chosen_decoding_has_the_scores_of_the_main_comparison(here):
    """One pair of seeds cannot have two test errors."""
    report = json.loads(paths.DECODING.read_text())
    metrics = evaluate_families(BUILDERS, 2, here.evaluate)
    steps, horizon = pd.read_csv(paths.DECODING_HORIZON), pd.read_csv(paths.HORIZON)

    for family in BUILDERS:
        assert report[family]["direct"]["mse"] == metrics[family]["mse"]
        assert report[family]["direct"]["validation_mse"] == metrics[family]["validation_mse"]
        assert list(steps[f"{family}_direct"]) == list(horizon[family])
        for mode in MODES:
            assert steps[f"{family}_{mode}"].mean() == pytest.approx(report[family][mode]["mse"], rel=1e-6)


def test_the_difference_is_that_of_step_by_step_against_at_once(here):
    """A reader must not take the sign for the other way round."""
    report = json.loads(paths.DECODING.read_text())

    for family in BUILDERS:
        found = report[family]
        ratio = found["autoregressive"]["mse"] / found["direct"]["mse"]
        assert found["relative_mse_difference"] == pytest.approx(ratio - 1, abs=1e-6)
        assert found["ci_low"] <= found["relative_mse_difference"] <= found["ci_high"]


def test_training_never_sees_the_test_steps(here, pass_settings, tmp_path, monkeypatch):
    """Without their file the other decoding is trained all the same, to the same bytes."""
    expected = paths.decoding_weights("rnn", 0).read_bytes()
    monkeypatch.chdir(tmp_path)
    pass_settings(here)
    save_series(make_series(here.data))
    paths.TEST.unlink()

    train_other_decoding("rnn", build_rnn, here.decoding, here.run)

    assert paths.decoding_weights("rnn", 0).read_bytes() == expected


def test_a_missing_file_names_the_stage_that_writes_it(here, tmp_path, monkeypatch):
    shutil.copytree(Path.cwd(), tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    paths.decoding_weights("transformer", 1).write_bytes(paths.decoding_weights("rnn", 1).read_bytes())

    with pytest.raises(InputError, match="run: dvc repro --force train_transformer_decoding"):
        compared(here)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"decoding.seeds": 0}, "decoding.seeds is 0"),
        ({"model.readout": "flatten"}, NO_OTHER_DECODING),
        ({"model.linear_highway": True}, NO_OTHER_DECODING),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_where_there_is_nothing_to_compare_it_is_told(
    configure, pass_settings, tmp_path, monkeypatch, changes, reason, language
):
    """A setting for direct decoding alone must not stop the pipeline: outputs are there, empty, with the reason."""
    monkeypatch.chdir(tmp_path)
    params = configure(changes)
    pass_settings(params)
    for family, build in BUILDERS.items():
        train_other_decoding(family, build, params.decoding, params.run)
        assert list(paths.decoding_weights(family, 0).parent.iterdir()) == []
        assert pd.read_csv(paths.decoding_history(family)).empty

    assert compared(params) == {"seeds": 0, "not_compared": reason}
    draw_decoding()

    assert (paths.FIGURES / "decoding.png").stat().st_size > 0
    (sentence,) = decoding_sentences(load_texts(language))
    assert ("decoding.seeds" in sentence) == (reason == "decoding.seeds is 0")


@pytest.mark.parametrize("changes", [{"model.readout": "segments"}, {"model.linear_highway": True}])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_family_without_another_decoding_leaves_the_other_its_comparison(
    here, tmp_path, monkeypatch, changes, language
):
    """Tuning may choose such settings for one family; what is found of the other does not change by it."""
    expected, steps = json.loads(paths.DECODING.read_text()), pd.read_csv(paths.DECODING_HORIZON)
    shutil.copytree(Path.cwd(), tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    file = paths.settings("transformer")
    save_settings(file, load_settings("transformer", file).with_values(changes))

    report = compared(here)

    assert report == {"seeds": 2, "rnn": expected["rnn"], "left_out": ["transformer"]}
    found = pd.read_csv(paths.DECODING_HORIZON)
    pd.testing.assert_frame_equal(found.dropna(axis="columns"), steps.filter(regex="horizon_step|rnn"))
    assert list(found) == list(steps)
    pd.DataFrame({"horizon_step": steps["horizon_step"]}).to_csv(paths.HORIZON, index=False)
    draw_decoding()
    texts = load_texts(language)
    assert decoding_sentences(texts)[1] == texts["decoding"]["left_out"].format(family=texts["names"]["transformer"])


def test_weights_of_an_earlier_run_are_not_left_behind(here, pass_settings, tmp_path, monkeypatch):
    """Switched off, the stage leaves no weights that a later one could take for its own."""
    monkeypatch.chdir(tmp_path)
    pass_settings(here)
    left = paths.decoding_weights("rnn", 0)
    left.parent.mkdir(parents=True)
    left.write_bytes(b"old")
    off = here.decoding.model_copy(update={"seeds": 0})

    train_other_decoding("rnn", build_rnn, off, here.run)

    assert not left.exists()


@pytest.mark.parametrize("verdict", ["autoregressive better", "direct better", "equivalent", "inconclusive"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_verdict_can_be_told_in_words(here, language, verdict, monkeypatch):
    """A sentence per family with its own numbers, and no placeholder left."""
    report = json.loads(paths.DECODING.read_text())
    for family in BUILDERS:
        report[family]["verdict"] = verdict
    monkeypatch.setattr("rnn_vs_transformer.reporting.decoding.read_json", lambda _: report)
    texts = load_texts(language)

    sentences = decoding_sentences(texts)

    assert len(sentences) == 2
    for family, sentence in zip(BUILDERS, sentences, strict=True):
        assert texts["decoding"]["verdicts"][verdict] in sentence
        assert f"{report[family]['autoregressive']['mse']:.3f}" in sentence
        assert [name for _, name, _, _ in string.Formatter().parse(sentence) if name] == []


def test_the_figure_repeats_to_the_byte(here, tmp_path):
    pd.DataFrame({"horizon_step": np.arange(1, 5), "oracle": 0.1}).to_csv(paths.HORIZON, index=False)
    figure = Path(paths.FIGURES / "decoding.png")
    draw_decoding()
    first = figure.read_bytes()
    draw_decoding()
    assert figure.read_bytes() == first
