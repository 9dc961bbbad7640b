"""Ragged series with gaps, covariates and transforms, from windows to weights and scores."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.series import Meta, fit_scalers, load_meta, save_series, scale_splits
from rnn_vs_transformer.data.splits import SPLITS, Places
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.evaluate import evaluate_families
from rnn_vs_transformer.evaluation.rows import compare_runs
from rnn_vs_transformer.evaluation.scoring import Scores, score
from rnn_vs_transformer.evaluation.series_comparison import SeriesComparison
from rnn_vs_transformer.evaluation.test_split import as_test_split
from rnn_vs_transformer.forecasting import Forecaster
from rnn_vs_transformer.forecasting.artifact import FORECASTERS
from rnn_vs_transformer.forecasting.package import package_forecasters
from rnn_vs_transformer.models.baselines import fit_best_ridge
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.family.families import FAMILIES, MODELS, given_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import predict, window_errors
from rnn_vs_transformer.training.seeds import train_control, train_family

L, H = 12, 4
LENGTHS = (90, 120, 100)
COVARIATES = [
    Covariate("heat", "past", "number"),
    Covariate("promo", "future", "flag"),
    Covariate("region", "static", "number"),
]


def drawn(seed=0):
    """Three positive series of unequal lengths and starts, with gaps and one covariate of each kind, and their ends."""
    generator = np.random.default_rng(seed)
    series = [
        np.exp(0.5 * np.sin(np.arange(length) / 3) + 0.3 * generator.standard_normal(length)) for length in LENGTHS
    ]
    observed = [generator.random(length) > 0.1 for length in LENGTHS]
    for known in observed:
        known[[0, -1]] = True
    cells = sum(LENGTHS)
    covariates = (
        5 + 2 * generator.standard_normal((cells, 1)),
        (generator.random((cells, 1)) > 0.7).astype(np.float64),
        generator.standard_normal((len(LENGTHS), 1)),
    )
    ends = np.array([[length // 2, length * 3 // 4, length] for length in LENGTHS])
    return Panel.of(["a", "b", "c"], series, observed, [0, 7, 20], covariates), ends


def meta_of(params, **settings):
    chosen = {**params.data.model_dump(), "source": "csv", "context_length": L, "prediction_length": H, **settings}
    return Meta(chosen, ["a", "b", "c"], 4, Axis(), covariates=COVARIATES, filled_cells={"test": 1})


def with_cells(panel, cells, **columns):
    """The panel with another value in some cells."""
    changed = {name: getattr(panel, name).copy() for name in columns}
    for name, value in columns.items():
        changed[name][cells] = value
    return replace(panel, **changed)


def last_filled(panel, ends, number):
    """The last steps of a split, which are targets of it and never contexts, become filled: panel and cells."""
    cells = (panel.offsets[:-1] + ends[:, number] - 1)[:, None] - np.arange(2)
    return with_cells(panel, cells.ravel(), observed=False), cells.ravel()


def built(params, meta, family):
    """A seeded model."""
    torch.manual_seed(0)
    return build_family(family, given_settings(family, params.model, params.train).model, meta)


@pytest.mark.parametrize("family", MODELS)
@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_what_fills_a_target_reaches_no_weight(configure, family, loss):
    """Another value in filled targets leaves scaling, losses and weights as they were, bit for bit."""
    params = configure({"train.epochs": 2, "train.patience": 2, "train.loss": loss, "model.dropout": 0.2})
    meta, (panel, ends) = meta_of(params), drawn()
    panel, cells = last_filled(panel, ends, 0)
    plain = scale_splits(panel, ends, meta)
    spoilt = scale_splits(with_cells(panel, cells, values=1e4), ends, meta)
    validation = windows_of(plain, "validation")  # whose contexts reach back over these cells
    runs = []
    for splits in (plain, spoilt):
        model = built(params, meta, family)
        runs.append(fit(model, (*windows_of(splits, "train"), *validation), params.train, seed=0))

    one, other = runs
    assert spoilt.values[cells].min() > 100  # noqa: PD011
    assert one.train_losses == other.train_losses
    assert one.validation_losses == other.validation_losses
    assert all(torch.equal(one.state[name], other.state[name]) for name in one.state)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_the_loss_is_the_mean_over_observed_targets(configure, loss):
    """Gaps must not make a batch look easy: with weights that cannot move, one batch of all windows, by hand."""
    params = configure({"train.epochs": 1, "train.learning_rate": 1e-30, "train.batch_size": 1000, "train.loss": loss})
    meta, (panel, ends) = meta_of(params), drawn()
    train, validation = windows_of(scale_splits(panel, ends, meta), "train", "validation")
    model = built(params, meta, "rnn")
    forecast, target = predict(model, train)
    scored = train.batch(torch.arange(len(train))).scored

    run = fit(model, (train, validation), params.train, seed=0)

    assert 0.5 < scored.float().mean() < 0.95
    assert run.train_losses[0] == pytest.approx(float((forecast - target)[scored].square().mean()), rel=1e-5)


def test_what_fills_a_target_chooses_no_epoch_and_enters_no_error(configure):
    """Nor in validation, nor in test, nor in the ridge, nor in the measure of MASE."""
    params = configure()
    meta, (panel, ends) = meta_of(params), drawn()
    forecast, found = None, []
    for value in (1.0, 1e4):
        both, cells = last_filled(panel, ends, 1)
        both, more = last_filled(both, ends, 2)
        splits = scale_splits(with_cells(both, more, values=value), ends, meta)
        development = scale_splits(with_cells(both, cells, values=value).part(0 * ends[:, 0], ends[:, 1]), ends, meta)
        model = built(params, meta, "rnn")
        test, ridge = as_test_split(splits, meta, {}), fit_best_ridge(development)
        forecast = np.zeros(test.truth.shape) if forecast is None else forecast
        scores = score(forecast, test)
        errors = window_errors(model, *windows_of(development, "validation"))
        assert np.isfinite([scores.mse, scores.mae, scores.mase, float(errors.mean())]).all()
        found.append([*vars(scores).values(), ridge.weights, errors.numpy(), test.scale])

    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)


def test_what_fills_train_has_no_part_in_scale_or_measure(configure):
    """Mean, deviation and the seasonal naive's own error are those of the observed steps."""
    meta, (panel, ends) = meta_of(configure()), drawn()
    filled = np.flatnonzero(~panel.observed)
    one, other = (scale_splits(some, ends, meta) for some in (panel, with_cells(panel, filled, values=1e4)))

    assert len(filled) > 10
    assert np.array_equal(one.scaler.mean, other.scaler.mean)
    assert np.array_equal(one.scaler.deviation, other.scaler.deviation)
    assert np.array_equal(as_test_split(one, meta, {}).scale, as_test_split(other, meta, {}).scale)


@pytest.mark.parametrize("transform", ["none", "log", "log1p", "boxcox"])
def test_scores_are_means_over_series_of_means_over_windows_of_means_over_observed_targets(configure, transform):
    """All worked out in loops, in scaled units and, whatever the transform, in those of the values as read."""
    meta, (panel, ends) = meta_of(configure(), transform=transform), drawn()
    splits = scale_splits(panel, ends, meta)
    test = as_test_split(splits, meta, {})
    forecast = np.random.default_rng(1).normal(0, 0.5, test.truth.shape)
    squares, sizes, in_units = [], [], []
    for name, start in enumerate(panel.offsets[:-1]):
        mine = [[], [], []]
        for origin, row in zip(test.places.origins, forecast, strict=True):
            if not start <= origin < panel.offsets[name + 1]:
                continue
            cells = [cell for cell in range(origin + 1, origin + 1 + H) if panel.observed[cell]]
            said = np.array([row[cell - origin - 1] for cell in cells])
            own = splits.scaler.unscale(said, np.full(len(cells), name))
            for some, values in zip(
                mine,
                ((said - splits.values[cells]) ** 2, abs(said - splits.values[cells]), abs(own - panel.values[cells])),  # noqa: PD011
                strict=True,
            ):
                some.append(values.mean())
        for of_all, some in zip((squares, sizes, in_units), mine, strict=True):
            of_all.append(np.mean(some))

    scores = score(forecast, test)

    np.testing.assert_allclose(scores.series_mse, squares)
    np.testing.assert_allclose(scores.series_mae, sizes)
    np.testing.assert_allclose(scores.mae_in_units, in_units)
    assert scores.mse == pytest.approx(np.mean(squares))
    assert scores.window_mse.mean() == pytest.approx(scores.mse), "the mean over time is the mean over series"
    assert len(scores.window_mse) == len(test.steps) == len(np.unique(panel.axis_steps(*test.places)))


def test_no_forecast_is_scored_below_its_bound(configure):
    """With data.lower a forecast below counts as the bound itself, in own units and after a transform."""
    meta, (panel, ends) = meta_of(configure(), lower=0.5, transform="log1p"), drawn()
    splits = scale_splits(panel, ends, meta)
    test = as_test_split(splits, meta, {})
    series = test.places.series[:, None]
    bound = splits.scaler.scale(np.full(test.truth.shape, 0.5), series)

    far, at_bound, above = (score(forecast, test) for forecast in (bound - 9, bound, bound + 1))

    for part, value in vars(far).items():
        np.testing.assert_allclose(value, getattr(at_bound, part), err_msg=part)
    assert above.mse != at_bound.mse


@pytest.mark.parametrize("transform", ["log", "boxcox"])
@pytest.mark.parametrize("lower", [0.0, -5.0])
def test_a_bound_that_the_transform_cannot_take_bounds_nothing(configure, transform, lower):
    """A forecast after a logarithm is above 0 anyhow."""
    meta, (panel, ends) = meta_of(configure(), lower=lower, transform=transform), drawn()
    splits, one = scale_splits(panel, ends, meta), Places(np.array([0]), np.array([0]))
    forecast = np.full((1, H), -3.0)

    clipped = splits.clip(forecast, one)

    np.testing.assert_allclose(splits.scaler.unscale(clipped, one.series), splits.scaler.unscale(forecast, one.series))


@pytest.mark.parametrize("tail", [-2.0, 0.0, 2.0])
def test_the_way_back_from_boxcox_rises_everywhere(tail):
    """A forecast above all that was seen is a large value, not none; what lies below 0 is 0; a gap stays a gap."""
    normal = np.random.default_rng(0).normal(5, 1, 400)
    values = {-2.0: normal**-2, 0.0: np.exp(normal), 2.0: normal**0.5}[tail]
    scaler = Scaler.fit(Panel.of(["y"], [values]), "boxcox")

    back = scaler.unscale(np.linspace(-12, 12, 200), np.array(0))

    assert np.isfinite(back).all()
    assert (np.diff(back) >= 0).all()
    assert back[0] >= 0
    assert back[-1] > values.max()
    assert np.isnan(scaler.unscale(np.array([np.nan]), np.array(0))).all()


def runs_of(errors, noise):
    """Scores of seeds whose errors per series are given (seeds, S)."""
    return [
        Scores(one.mean() * noise, np.zeros(4), one, one, one, one, one, one, np.zeros((1, 4)))
        for one in np.asarray(errors)
    ]


@pytest.mark.parametrize("series", [9, 10])
def test_from_ten_series_on_the_series_are_compared(configure, series):
    """Below, blocks of time are."""
    generator = np.random.default_rng(0)
    noise = generator.uniform(0.9, 1.1, 300)
    test = SimpleNamespace(block_length=16, has_blocks=True, steps=np.arange(300), series=[slice(0, 1)] * series)
    rnn, transformer = (runs_of(generator.uniform(low, low + 1, (2, series)), noise) for low in (1, 2))

    found = compare_runs(rnn, transformer, test, configure().evaluate)

    assert isinstance(found, SeriesComparison) == (series == 10)


def test_exchanged_families_exchange_the_verdict_over_series(configure):
    """A ratio turns over, its interval with it, and whoever was better is better still."""
    generator = np.random.default_rng(0)
    noise, difficulty = generator.uniform(0.9, 1.1, 300), 10.0 ** generator.uniform(-2, 2, 15)
    test = SimpleNamespace(block_length=16, has_blocks=True, steps=np.arange(300), series=[slice(0, 1)] * 15)
    rnn, transformer = (
        runs_of(level * difficulty * generator.uniform(0.9, 1.1, (2, 15)), noise) for level in (1.0, 1.5)
    )
    params = configure().evaluate

    one, other = compare_runs(rnn, transformer, test, params), compare_runs(transformer, rnn, test, params)

    assert (one.verdict, other.verdict) == ("rnn better", "transformer better")
    assert (1 + one.relative_mse_difference) * (1 + other.relative_mse_difference) == pytest.approx(1)
    assert (1 + one.ci_low) * (1 + other.ci_high) == pytest.approx(1)
    assert one.relative_mse_difference == pytest.approx(0.5, abs=0.1), "hard series count no more than easy ones"
    assert one.rnn_better_in == 1 - other.rnn_better_in == 1.0


def test_scaling_knows_train_alone(configure):
    """Targets and covariates of later splits may be anything."""
    meta, (panel, ends) = meta_of(configure()), drawn()
    later = panel.steps_of_cells >= ends[panel.series_of_cells, 0]

    scaler, covariates = fit_scalers(panel, ends, meta)
    other, others = fit_scalers(with_cells(panel, later, values=1e3, past=1e3, future=1e3), ends, meta)

    assert np.array_equal(scaler.mean, other.mean)
    assert np.array_equal(scaler.deviation, other.deviation)
    for part in ("mean", "deviation"):
        for known, columns in getattr(covariates, part).items():
            assert np.array_equal(columns, getattr(others, part)[known])


@pytest.mark.parametrize("family", MODELS)
def test_nothing_after_the_origin_reaches_a_context_or_forecast(configure, scramble, family):
    """Targets, past covariates, and future ones beyond the horizon; nor does anything of another series."""
    params = configure()
    meta, (panel, ends) = meta_of(params), drawn()
    plain = scale_splits(panel, ends, meta)
    [windows] = windows_of(plain, "test")
    model = scramble(built(params, meta, family))
    number = len(windows) // 2
    origin, series = windows.places.origins[number], windows.places.series[number]
    cells = np.arange(len(panel.values))
    others = panel.series_of_cells != series
    changed = with_cells(panel, (cells > origin) & ~others, values=50.0, past=50.0)
    changed = with_cells(
        changed, (cells > origin + H) & ~others, future=1 - changed.future[(cells > origin + H) & ~others]
    )
    later = others & (
        panel.steps_of_cells >= ends[panel.series_of_cells, 0]
    )  # train of others shares a scale of covariates
    changed = with_cells(changed, later, values=50.0, past=50.0, future=0.0)

    [after] = windows_of(scale_splits(changed, ends, meta), "test")
    inputs, same = (some.batch(torch.tensor([number])) for some in (windows, after))

    assert torch.equal(inputs.context, same.context)
    assert all(torch.equal(one, other) for one, other in zip(inputs.covariates, same.covariates, strict=True))
    assert not torch.equal(inputs.target, same.target)
    with torch.no_grad():
        assert torch.equal(model.eval()(*inputs.inputs), model(*same.inputs))
    horizon = with_cells(panel, origin + 1, future=1 - panel.future[origin + 1])
    [told] = windows_of(scale_splits(horizon, ends, meta), "test")
    assert not torch.equal(predict(model, windows)[0][number], predict(model, told)[0][number]), "what is known reaches"


@pytest.fixture
def workspace(configure, pass_settings, tmp_path, monkeypatch):
    """A function that makes a folder with a file and its series, as the stages before training leave it."""

    def enter(name, frame, **changes):
        (tmp_path / name / "data/raw").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / name)
        frame.to_csv("data/raw/file.csv", index=False)
        file = {"data.source": "csv", "data.file": "data/raw/file.csv", "data.season_length": 7, "run.workers": 1}
        quick = {"train.epochs": 2, "train.patience": 2, "train.seeds": 1, "train.recipes": ["tutorial"]}
        params = configure({**file, **quick, **changes})
        save_series(make_series(params.data))
        pass_settings(params)
        return params

    return enter


LONG = {"data.format": "long", "data.series_column": "store", "data.target": "sales"}


def stores(lengths, seed=0):
    """Sales of stores (a frame in long form), each from its own day on, with a weekly season."""
    generator, parts = np.random.default_rng(seed), []
    for number, length in enumerate(lengths):
        days = pd.date_range("2024-01-01", periods=length) + pd.Timedelta(days=5 * number)
        sales = 10 * (number + 1) * (2 + np.sin(2 * np.pi * np.arange(length) / 7)) + generator.standard_normal(length)
        parts.append(pd.DataFrame({"store": f"s{number}", "day": days.strftime("%Y-%m-%d"), "sales": sales.round(3)}))
    return pd.concat(parts, ignore_index=True)


def train_all(params):
    for family in FAMILIES:
        train_family(family, params.train, params.run)
    train_control(params.run)
    return evaluate_families(params.evaluate)


def test_a_panel_and_its_wide_twin_give_the_same_bytes(workspace):
    """The form of the file is no setting of the experiment: weights, metrics and tables are the same."""
    wide = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=150).strftime("%Y-%m-%d")})
    for number in range(3):
        wide[f"s{number}"] = (np.random.default_rng(number).standard_normal(150).cumsum() + 50).round(3)
    long = wide.melt("day", var_name="store", value_name="sales")
    found = []
    for name, frame, settings in (("wide", wide, {}), ("long", long.sample(frac=1, random_state=0), LONG)):
        params = workspace(name, frame, **settings)
        report = train_all(params)
        files = [paths.weights(family, 0) for family in MODELS] + [paths.SERIES_SCORES, paths.SEEDS, paths.HORIZON]
        found.append((report, [path.read_bytes() for path in files], load_meta().series))

    assert found[0] == found[1]


def test_the_counts_of_windows_are_those_that_are_trained_on_and_scored(workspace):
    """What dropped out at gaps is counted, and with the rest makes all that the lengths allow."""
    frame = stores([120, 150, 140])
    gone = np.random.default_rng(1).random(len(frame)) < 0.15
    gone[[0, 119, 120, 269, 270, 409]] = False
    workspace("gaps", frame[~gone], **LONG, **{"data.missing": "interpolate", "data.split": ["rest", 30, 40]})

    meta = read_json(paths.META)
    made = make_series(load_params_of(meta))
    splits = scale_splits(made.panel, made.ends, made.meta)

    lengths = {"train": [n - 70 - L - H + 1 for n in (120, 150, 140)], "validation": [30 - H + 1] * 3,
               "test": [40 - H + 1] * 3}  # fmt: skip
    for split, windows in zip(SPLITS, windows_of(splits, *SPLITS), strict=True):
        assert meta["windows"][split] == len(windows)
        assert meta["windows"][split] + meta["windows_left_out"][split] == sum(lengths[split])
        assert meta["windows_left_out"][split] > 0
    assert sum(meta["filled_cells"].values()) == gone.sum() == (~made.panel.observed).sum()


def load_params_of(meta):
    return DataParams.model_validate({name: meta["settings"][name] for name in DataParams.model_fields})


def test_every_forecaster_keeps_to_the_bound_and_to_the_last_known_values(workspace):
    """With data.lower no forecast and no end of an interval is below it; a new series is forecast too."""
    frame = stores([120, 150, 140])
    params = workspace("bound", frame, **LONG, **{"data.lower": 25.0, "data.transform": "log1p"})
    train_all(params)
    package_forecasters()
    fresh = pd.concat([frame, stores([60], seed=5).assign(store="new")], ignore_index=True)

    for name in FORECASTERS:
        found = Forecaster.load(family=name).predict(fresh)
        numbers = found.select_dtypes("number").drop(columns="step", errors="ignore")
        assert set(found["series"]) == {"s0", "s1", "s2", "new"}
        assert np.nanmin(numbers.to_numpy()) >= 25.0 - 1e-9, name
        assert found.loc[found["series"] == "s0", "forecast"].min() == pytest.approx(25.0), name
        assert found.loc[found["series"] == "s2", "forecast"].max() > 30, name
