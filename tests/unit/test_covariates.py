"""Covariates in the shared shell: what they reach, what they cannot, and that models without them stay as they were."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.splits import Places
from rnn_vs_transformer.data.windows import WindowCovariates, Windows, steps_of
from rnn_vs_transformer.models.families import BUILDERS as FAMILIES
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.runtime.errors import InputError

L, H = 12, 4
SIZES = InputSizes(series=3, past=2, future=2, static=1)
PATCHES = {"model.patch_length": 4, "model.patch_stride": 4}
SEGMENTS = {**PATCHES, "model.readout": "segments"}
RECORDED = json.loads((Path(__file__).parent / "recorded_models.json").read_text(encoding="utf-8"))
BUILDERS = pytest.mark.parametrize("build", FAMILIES.values(), ids=list(FAMILIES))
SHELLS = pytest.mark.parametrize(
    "changes",
    [{}, {"model.readout": "flatten", **PATCHES}, SEGMENTS, {"model.block": "residual"}, {"model.cell": "min_gru"}],
    ids=["points", "flatten", "segments", "residual", "min_gru"],
)


def drawn(build, params, sizes=SIZES, seed=0):
    torch.manual_seed(seed)
    return build(params.model, L, H, sizes)


def windows(count=5, sizes=SIZES, seed=1):
    """Contexts, series and covariates of some windows."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (L, sizes.past + sizes.future), (H, sizes.future), (sizes.static,)
    covariates = WindowCovariates(*(torch.randn(count, *shape, generator=generator) for shape in shapes))
    return torch.randn(count, L, generator=generator), torch.arange(count) % sizes.series, covariates


def forecast_of(model, context, series, covariates):
    return model.eval()(context, series, None, covariates)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda one: f"{one['family']}-{one['changes']}")
def test_models_without_covariates_are_those_of_before(configure, recorded):
    """A seed draws the weights, and these make the forecasts, that they did when the shell knew no covariates.

    Recorded from that code. Weights are the same to the last bit; a forecast may round otherwise on another processor.
    """
    model = drawn(FAMILIES[recorded["family"]], configure(recorded["changes"]), InputSizes(series=1))
    digest = hashlib.sha256(b"".join(weight.detach().numpy().tobytes() for weight in model.state_dict().values()))

    forecast = model.eval()(torch.sin(torch.arange(float(L)))[None])

    assert digest.hexdigest()[:16] == recorded["weights"]
    torch.testing.assert_close(forecast[0], torch.tensor(recorded["forecast"]), rtol=1e-4, atol=1e-5)


@SHELLS
@BUILDERS
def test_covariates_leave_all_other_weights_as_they_are(configure, build, changes):
    """What is compared with and without covariates starts from the same weights, and so does each family's seed."""
    params = configure(changes)
    plain, wide = (drawn(build, params, sizes).state_dict() for sizes in (InputSizes(series=3), SIZES))

    assert plain.keys() < wide.keys()
    for name, weight in plain.items():
        same = wide[name][:, : weight.shape[1]] if name == "embedding.weight" else wide[name]
        assert torch.equal(weight, same), name


@SHELLS
@BUILDERS
def test_every_weight_of_covariates_learns_from_the_first_step_on(configure, build, changes):
    """A product of two zeros would never leave zero."""
    model = drawn(build, configure(changes))
    context, series, covariates = windows(20)

    model(context, series, None, covariates).square().sum().backward()

    for name, weight in model.named_parameters():
        assert (weight.grad != 0).any(), name
    own = model.patch_length
    assert (model.embedding.weight.grad[:, own:] != 0).any(dim=0).all()


@SHELLS
@BUILDERS
def test_a_covariate_of_the_horizon_reaches_its_own_step_alone(configure, scramble, build, changes):
    """A promotion of Wednesday lifts Wednesday; it must neither be lost nor spill over."""
    model = scramble(drawn(build, configure(changes)))
    context, series, covariates = windows()
    for step in range(H):
        changed = covariates.horizon.clone()
        changed[:, step] += 1.0
        difference = forecast_of(model, context, series, covariates._replace(horizon=changed)) - forecast_of(
            model, context, series, covariates
        )
        assert (difference.abs() > 1e-4).any(dim=0).tolist() == [other == step for other in range(H)]


@SHELLS
@BUILDERS
def test_covariates_of_every_step_of_the_context_reach_the_forecast(configure, scramble, build, changes):
    """Past ones, future ones up to the origin, and static ones; a step lost in the patches would be a fault."""
    model = scramble(drawn(build, configure(changes)))
    context, series, covariates = windows(40)
    covariates = WindowCovariates(*(part.requires_grad_() for part in covariates))

    model(context, series, None, covariates).sum().backward()

    for part in covariates:
        assert (part.grad != 0).any(dim=0).all()


@BUILDERS
def test_nothing_from_after_the_origin_leaks_through_a_past_covariate(configure, scramble, build):
    """Change what lies ahead, and the forecast stays; a future covariate that changes there changes it."""
    model, steps = scramble(drawn(build, configure(), InputSizes(1, 1, 1))).eval(), L + H + 3
    values, past, future = np.random.default_rng(0).standard_normal((3, steps))
    origin = L + 1

    def forecast(past, future):
        panel = Panel.of(["a"], [values], covariates=(past[:, None], future[:, None], np.empty((1, 0))))
        places = Places(np.array([origin]), np.array([0]))
        return model(*Windows(steps_of(panel), places, L, H).batch(torch.tensor([0])).inputs)

    after = np.where(np.arange(steps) > origin, 9.0, 0.0)
    assert torch.equal(forecast(past + after, future), forecast(past, future))
    assert not torch.equal(forecast(past, future + after), forecast(past, future))
    assert not torch.equal(forecast(past + after[::-1], future), forecast(past, future))


@SHELLS
@BUILDERS
def test_windows_with_covariates_do_not_see_each_other(configure, scramble, build, changes):
    """Rows in another order have their forecasts in that order, each with its own covariates."""
    model = scramble(drawn(build, configure({**changes, "model.instance_norm": "standard"}))).double()
    context, series, covariates = windows()
    context, covariates = context.double(), WindowCovariates(*(part.double() for part in covariates))
    order = torch.tensor([3, 0, 4, 2, 1])
    moved = WindowCovariates(*(part[order] for part in covariates))

    torch.testing.assert_close(
        forecast_of(model, context[order], series[order], moved),
        forecast_of(model, context, series, covariates)[order],
    )


@BUILDERS
def test_an_effect_grows_with_the_spread_of_the_series_and_covariates_stay_as_they_are(configure, scramble, build):
    """Instance norm is the series' own: in other units the forecast is in those units, the promotion's lift with it."""
    model = scramble(drawn(build, configure({"model.instance_norm": "standard"}))).double()
    context, series, covariates = windows()
    context, covariates = context.double(), WindowCovariates(*(part.double() for part in covariates))

    torch.testing.assert_close(
        forecast_of(model, 3.0 * context - 5.0, series, covariates),
        3.0 * forecast_of(model, context, series, covariates) - 5.0,
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.parametrize("cell", ["rnn", "min_gru"])
@pytest.mark.parametrize("changes", [{}, PATCHES])
def test_a_recurrence_that_embeds_by_itself_reads_covariates_too(configure, scramble, cell, changes):
    """The fast paths join embedding and first layer; the tokens made first give the same states."""
    model = scramble(drawn(FAMILIES["rnn"], configure({"model.cell": cell, **changes}))).double().eval()
    context, _, covariates = windows()
    patches = model._inputs(context.double(), WindowCovariates(*(part.double() for part in covariates)))
    tokens = model.embedding(patches)

    layers = model.mixer.layers
    plain, _ = layers(tokens.transpose(0, 1))

    torch.testing.assert_close(model.mixer((patches, model.embedding), False), plain.transpose(0, 1))


def test_a_patch_holds_the_series_then_each_covariate_then_the_static_ones(configure):
    """Places of a covariate count 1 / sqrt(4) each; the order is what trained weights mean."""
    sizes = InputSizes(past=1, future=1, static=1)
    model = drawn(FAMILIES["rnn"], configure(PATCHES), sizes)
    steps = torch.arange(float(L))
    covariates = WindowCovariates(
        torch.stack([20 + steps, 40 + steps], 1)[None], torch.zeros(1, H, 1), torch.ones(1, 1)
    )

    inputs = model._inputs(steps[None], covariates)

    assert inputs[0, 1].tolist() == [4, 5, 6, 7, 12, 12.5, 13, 13.5, 22, 22.5, 23, 23.5, 1]


@BUILDERS
def test_a_series_that_was_not_trained_on_is_asked_for_as_the_mean_of_the_others(configure, scramble, build):
    """Number -1; the last series must not stand in for it."""
    model = scramble(drawn(build, configure(SEGMENTS))).eval()
    context, _, covariates = windows(1)
    new = forecast_of(model, context, torch.tensor([-1]), covariates)
    if hasattr(model.readout, "series"):
        assert not torch.equal(new, forecast_of(model, context, torch.tensor([2]), covariates))
        with torch.no_grad():
            model.readout.series[:] = model.readout.series.mean(dim=0)
    torch.testing.assert_close(forecast_of(model, context, torch.tensor([2]), covariates), new)


@BUILDERS
def test_other_covariates_than_those_built_for_are_refused(configure, build):
    """Columns that stand elsewhere than in training would be a silent wrong reading."""
    context, series, covariates = windows()
    with pytest.raises(ValueError, match=r"expected \(4, 2, 1\) columns .* got \(0, 0, 0\)"):
        drawn(build, configure())(context, series)
    with pytest.raises(ValueError, match=r"got \(4, 2, 1\)"):
        drawn(build, configure(), InputSizes(series=3))(context, series, None, covariates)


@pytest.mark.parametrize("family", ["rnn", "transformer"])
def test_decoding_step_by_step_refuses_covariates_in_one_line(configure, family):
    """It is offered for series alone; the line names the setting and the way out."""
    with pytest.raises(InputError, match=r"model\.decoding: autoregressive .* data\.covariates"):
        drawn(FAMILIES[family], configure({"model.decoding": "autoregressive"}))


def test_sizes_with_covariates_are_those_counted_by_hand(configure):
    """An MLP of 8 units: 12 steps x (1 + 4) and 1 static input; effects 8 -> 2, bend (2 + 8) -> 16 -> 1."""
    model = drawn(FAMILIES["mlp"], configure())

    inputs = 12 * 5 + 1
    assert parameter_count(model) == inputs * 8 + 8 + 8 * 4 + 4 + (8 * 2 + 2) + (2 * 16 + 16) + 8 * 16 + 16
    bend = 16 * (4 * 2 + 8) + 4 * 16  # each of 4 steps its covariates, one summary for all
    assert multiply_adds_per_window(model, L) == inputs * 8 + 8 * 4 + 8 * 2 + bend
