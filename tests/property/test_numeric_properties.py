"""Numbers as series bring them: other units, flat stretches, far values. Results follow the series and not its unit."""

from contextlib import suppress

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation import metrics
from rnn_vs_transformer.models.baselines import fit_ridge
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.family.train import FitParams
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import predict, window_errors

LENGTHS = (12, 4)
BORDERS = Borders(120, 160, 200)
TOLERANCE = 1e-4
"""Largest change of a loss or score, relative, when the unit and the zero of a series change."""
FAMILIES = sorted(BUILDERS)
NORMS = ("none", "last", "standard")


@pytest.fixture(scope="module")
def model_of(configure):
    """A function that builds a seeded forecaster of a family."""

    def build(family, **changes):
        torch.manual_seed(0)
        return BUILDERS[family](configure({f"model.{k}": v for k, v in changes.items()}).model, *LENGTHS)

    return build


@pytest.fixture(scope="module")
def budget(configure):
    return configure({"train.epochs": 2, "train.batch_size": 32}).train.part(FitParams)


def series(seed=0):
    """A seasonal series with noise (200,)."""
    steps = np.arange(BORDERS.test_end)
    return np.sin(steps / 3) + 0.3 * np.random.default_rng(seed).standard_normal(len(steps))


def scaler_of(values):
    """Fitted on train."""
    return Scaler.fit(Panel.of(["a"], [values[: BORDERS.train_end]]))


def scaled(values):
    """By its train steps."""
    return scaler_of(values).scale(values, np.array(0))


def splits_of(values):
    """Of a series (200,), scaled on train."""
    return Splits.of_wide(scaled(values)[:, None], BORDERS, *LENGTHS, scaler_of(values))


def everything(values, model, budget):
    """From a series in its own unit to losses and scores, as the pipeline goes."""
    splits = splits_of(values)
    train, validation, test = windows_of(splits, "train", "validation", "test")
    run = fit(model, (train, validation), budget, seed=0)
    forecast, truth = (part.double().numpy() for part in predict(model, test))
    ridge = fit_ridge(splits, LENGTHS[0])
    scale = metrics.seasonal_naive_scale(splits.values[: BORDERS.train_end], 8)
    scores = [
        metrics.mean_squared_error(forecast, truth),
        metrics.mean_absolute_error(forecast, truth),
        metrics.mean_absolute_error(forecast, truth) / scale,
        ridge.validation_mse,
    ]
    return np.array([*run.train_losses, *run.validation_losses, *scores])


@settings(max_examples=settings().max_examples // 4)
@given(
    st.sampled_from(FAMILIES), st.sampled_from(NORMS), st.integers(-60, 60), st.floats(1, 10),
    st.sampled_from([-1, 1]), st.floats(-1e4, 1e4),
)  # fmt: skip
def test_results_do_not_depend_on_the_unit_or_the_zero_of_a_series(
    model_of, budget, family, norm, exponent, digits, sign, shift
):
    """Degrees Celsius or Fahrenheit, cents or millions: the scaler takes it off, so the verdict is the same.

    Units up to 10^61 either way and zeros up to 10,000 units off; a negative unit turns the series over, which a linear
    readout need not follow, so it is checked for ridge alone.
    """
    plain = everything(series(), model_of(family, instance_norm=norm), budget)
    other = everything(
        sign * digits * 10.0**exponent * (series() + shift), model_of(family, instance_norm=norm), budget
    )

    compared = slice(None) if sign > 0 else slice(-1, None)
    np.testing.assert_allclose(other[compared], plain[compared], rtol=TOLERANCE)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("level", [0.0, 1.0, -1e4, 1e7, 1e15])
def test_a_flat_context_gives_finite_forecasts_and_gradients(model_of, family, norm, level):
    """A sensor that stands still has no spread to divide by; the smallest one is set, not found."""
    model = model_of(family, instance_norm=norm)
    context = torch.full((3, LENGTHS[0]), level)

    forecast = model(context, torch.zeros(3, dtype=torch.long))
    (forecast - context[:, :1]).square().mean().backward()

    assert torch.isfinite(forecast).all()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters() if parameter.grad is not None)
    if norm == "standard":
        assert (forecast - level).abs().max() <= max(1.0, abs(level)), "the level is kept"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("norm", NORMS)
def test_a_long_flat_stretch_and_a_long_gap_can_be_trained_on(model_of, budget, family, norm):
    """A third of the train steps stands still, another third is a filled gap, a straight line; one value is far off."""
    values = series()
    values[:40] = values[0]
    values[40:80] = np.linspace(values[40], values[79], 40)
    values[100] = 1e6

    assert np.isfinite(everything(values, model_of(family, instance_norm=norm), budget)).all()


@given(st.floats(1e-307, 1e100), st.sampled_from([0.0, 1.0, -1.0]))
def test_scaling_is_exact_at_any_unit_or_refused(unit, offset):
    """Squares of tiny and huge numbers leave float64 before the numbers do; no series is called constant for that."""
    values = (series() + offset) * unit
    if not 1e-306 < unit < 1e99:
        with suppress(InputError):
            scaler_of(values)
        return
    np.testing.assert_allclose(scaled(values), scaled(series() + offset), rtol=1e-9, atol=1e-9)
    assert abs(scaled(values)[: BORDERS.train_end].std() - 1) < 1e-9


def test_losses_are_summed_in_double_precision(model_of, budget):
    """Float32 has 7 digits, which a sum over a million windows uses up; errors are double before they are summed."""
    model = model_of("rnn")
    [windows] = windows_of(splits_of(series()), "train")

    errors = window_errors(model, windows)
    forecast, truth = (part.double().numpy() for part in predict(model, windows))

    assert errors.dtype == torch.float64
    assert metrics.mean_squared_error(forecast, truth) == pytest.approx(float(errors.mean()), rel=1e-6)
