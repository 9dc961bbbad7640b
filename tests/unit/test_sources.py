"""From settings to the files of the series, and from those to windows for training."""

import numpy as np
import pytest
import torch

from rnn_vs_transformer.data.series import load_development, load_meta, load_splits, load_test, save_series
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays, write_arrays
from rnn_vs_transformer.sources.make import make_series


@pytest.fixture
def here(monkeypatch, tmp_path):
    """An empty project as the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    return tmp_path


def write_csv(values):
    rows = "".join(
        f"{day},{value}\n"
        for day, value in zip(np.datetime64("2020-01-01") + np.arange(len(values)), values, strict=True)
    )
    (paths.META.parent / "raw" / "series.csv").write_text("time,a\n" + rows)


CSV = {"data.source": "csv", "data.file": "data/raw/series.csv"}


def test_the_series_comes_back_from_its_files_as_it_was(here, configure):
    """Stages meet through files alone, so nothing may be lost between them, and each step is in one file only."""
    series = make_series(configure().data)
    save_series(series)

    (development, ends), (test, floors), meta = load_development(), load_test(), load_meta()

    assert np.array_equal(development.followed_by(test).values, series.panel.values)
    assert floors.keys() == series.floors.keys()
    assert np.array_equal(floors["oracle"], series.floors["oracle"])
    assert meta == series.meta
    assert ends.tolist() == [[200, 280, 400]]
    assert len(development.values) == 280


def test_the_oracle_has_one_forecast_for_each_test_window(here, configure):
    """Test steps are 280 to 399, H is 4: the origins 279 to 395 are 117, and the oracle is near the truth on each."""
    series = make_series(configure().data)
    truth = series.panel.values[np.arange(279, 396)[:, None] + np.arange(1, 5)]

    assert series.meta.oracle == "exact"
    assert series.floors["oracle"].shape == truth.shape
    assert np.square(series.floors["oracle"] - truth).mean() < 0.2 * truth.var()
    assert (
        np.square(series.floors["oracle"][:-1] - truth[1:]).mean()
        > 2 * np.square(series.floors["oracle"] - truth).mean()
    )


def test_the_floor_of_a_context_lies_above_the_oracles_and_comes_down_to_it(here, configure):
    """Who has seen one context alone knows less; the longer it is, the less is lost."""
    errors = {}
    for length in (8, 12):
        params = configure({"data.synthetic.length": 6000, "data.context_length": length}).data
        series = make_series(params)
        origins = np.arange(series.ends[0, 1] - 1, series.ends[0, 2] - 4)
        truth = series.panel.values[origins[:, None] + np.arange(1, 5)]
        errors[length] = {name: np.square(floor - truth).mean() for name, floor in series.floors.items()}

    assert errors[8]["oracle"] == errors[12]["oracle"]
    assert errors[8]["context_floor"] > errors[12]["context_floor"] > errors[12]["oracle"]


@pytest.mark.parametrize(
    "changes",
    [
        {"data.synthetic.season_amplitudes": [0.0]},  # no phase to know
        {"data.synthetic.length": 1000, "data.context_length": 200},  # enough to read it off
        {"data.synthetic.delay": 3},  # no closed form: shorter than the forecast
        {"data.context_length": 5},  # likewise: does not reach back to the delayed step
    ],
)
def test_where_a_context_tells_as_much_as_all_the_past_there_is_one_floor(here, configure, changes):
    """A second row with the number of the first would tell nothing."""
    assert make_series(configure(changes).data).floors.keys() == {"oracle"}


def test_without_the_floors_the_series_is_the_same(here, configure):
    """`check` asks for it so, since the floors' forecasts refuse nothing."""
    params = configure({"data.synthetic.delay": 2}).data
    whole, bare = make_series(params), make_series(params, with_floors=False)

    assert bare.floors == {}
    assert bare.meta == whole.meta
    assert np.array_equal(bare.panel.values, whole.panel.values)


def test_steps_that_the_split_leaves_out_are_in_no_file(here, configure):
    """A split by counts may end before the series; what lies beyond is not tested on."""
    series = make_series(configure({"data.split": [100, 50, 30]}).data)
    save_series(series)

    assert len(load_development()[0].values) == 150
    assert len(load_test()[0].values) == 30
    assert len(series.floors["oracle"]) == 27


def test_training_windows_do_not_change_with_the_test_split_or_the_validation_split(here, configure):
    """Train windows know nothing of validation, not even through the scaler; no window knows the test file."""
    save_series(make_series(configure().data))
    train, validation = windows_of(load_splits(), "train", "validation")
    arrays = read_arrays(paths.DEVELOPMENT)
    arrays["values"][200:] = 50.0 + 7.0 * arrays["values"][200:]
    write_arrays(paths.DEVELOPMENT, arrays)
    paths.TEST.unlink()

    changed_train, changed_validation = windows_of(load_splits(), "train", "validation")

    everything = torch.arange(len(train))
    for one, other in zip(train.batch(everything)[:3], changed_train.batch(everything)[:3], strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(validation.batch(torch.arange(5)).target, changed_validation.batch(torch.arange(5)).target)


def test_training_windows_are_scaled_by_train_and_end_at_their_borders(here, configure):
    """Train steps have mean 0 and deviation 1; the last train target is step 199, the first of validation 200."""
    series = make_series(configure().data)
    save_series(series)
    values = series.panel.values
    scaled = (values - values[:200].mean()) / values[:200].std()

    train, validation = windows_of(load_splits(), "train", "validation")

    assert (len(train), len(validation)) == (200 - 16 + 1, 80 - 4 + 1)
    np.testing.assert_allclose(train.batch(torch.tensor([184]))[1][0], scaled[196:200], rtol=1e-5)
    np.testing.assert_allclose(validation.batch(torch.tensor([0]))[0][0], scaled[188:200], rtol=1e-5)
    np.testing.assert_allclose(validation.batch(torch.tensor([76]))[1][0], scaled[276:280], rtol=1e-5)


def test_a_csv_file_becomes_a_series_with_its_season(here, configure):
    """A week is the season of days; there is no oracle for a real series."""
    values = np.random.default_rng(0).standard_normal(100).round(3)
    write_csv(values)

    series = make_series(configure(CSV).data)
    save_series(series)

    np.testing.assert_array_equal(series.panel.values, values)
    assert (series.meta.season_length, series.meta.oracle, series.meta.series) == (7, "none", ["a"])
    assert (series.meta.settings["time_column"], series.meta.axis.frequency) == ("time", "D")
    assert load_test()[1] == {}


def test_filled_cells_are_counted_in_the_split_they_fall_into(here, configure):
    """Borders at 50, 70 and 100: two gaps in train, one in validation, three in test."""
    values = [str(number**2 % 17) for number in range(100)]
    for gap in (10, 49, 50, 70, 71, 98):
        values[gap] = ""
    write_csv(values)

    series = make_series(configure({**CSV, "data.missing": "interpolate"}).data)

    assert series.meta.filled_cells == {"train": 2, "validation": 1, "test": 3}
    assert np.isfinite(series.panel.values).all()
    assert (~series.panel.observed).sum() == 6


def test_a_given_season_wins_over_the_spacing(here, configure):
    """The user knows the series."""
    write_csv(np.arange(100) % 7)

    assert make_series(configure({**CSV, "data.season_length": 9}).data).meta.season_length == 9
    assert make_series(configure({"data.season_length": 9}).data).meta.season_length == 9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.split": [300, 100, 100]}, r"asks for 300 \+ 100 \+ 100 steps, but the series has only 400"),
        ({"data.context_length": 300}, "the train split has 200 steps"),
        ({"data.season_length": 101}, "needs at least two seasons in the train split"),
        ({"data.split": [20, 10, 10], "data.synthetic.delay": 31}, "must not reach back before the first step"),
    ],
)
def test_settings_that_do_not_fit_the_series_are_refused(here, configure, changes, message):
    """What the schema cannot know, because it depends on the length of the series, is told before any training."""
    with pytest.raises(InputError, match=message):
        make_series(configure(changes).data)


def test_a_channel_that_is_constant_over_train_is_refused(here, configure):
    """It may move later, but nothing can be learnt of it."""
    write_csv([5] * 60 + list(range(40)))

    with pytest.raises(InputError, match="is constant over the train split; leave it out"):
        make_series(configure(CSV).data)
