"""`model.seasonal_naive`: the last season is repeated over the horizon, and models forecast what that leaves."""

import pytest
import torch
from pydantic import ValidationError

from rnn_vs_transformer.data.windows import WindowCovariates
from rnn_vs_transformer.models.baselines import seasonal_naive_forecast
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.settings.family.families import given_settings

L, H, SEASON = 24, 10, 4
SHELLS = [
    {},
    {"readout": "flatten", "linear_highway": True, "instance_norm": "standard"},
    {"readout": "segments", "patch_length": 3, "patch_stride": 3, "instance_norm": "last"},
]


@pytest.fixture
def built(configure):
    """A function that builds a model of a family, the same weights whatever `seasonal_naive` is."""

    def build(family, shell, season=SEASON, sizes=None):
        keys = {f"model.{name}": value for name, value in {**shell, "seasonal_naive": season}.items()}
        params = configure({**keys, "data.context_length": L})
        torch.manual_seed(3)
        settings = given_settings(family, params.model, params.train)
        return BUILDERS[family](settings.model, L, H, sizes or InputSizes(series=2)).eval()

    return build


@pytest.fixture
def context():
    return torch.randn(3, L, generator=torch.Generator().manual_seed(0))


def naive_of(context):
    values, origins = context.flatten().double().numpy(), torch.arange(1, len(context) + 1).numpy() * L - 1
    return torch.from_numpy(seasonal_naive_forecast(values, origins, H, SEASON)).float()


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("shell", SHELLS)
def test_what_the_model_forecast_about_the_level_it_forecasts_about_the_last_season(built, context, family, shell):
    series, level = torch.tensor([0, 1, 1]), torch.zeros(3, 1)
    if shell.get("instance_norm") == "standard":
        level = context.mean(dim=1, keepdim=True)
    elif shell.get("instance_norm") == "last":
        level = context[:, -1:]
    plain, left = built(family, shell, season=0), built(family, shell)
    assert plain.state_dict().keys() == left.state_dict().keys()
    torch.testing.assert_close(left(context, series), plain(context, series) - level + naive_of(context))


@pytest.mark.parametrize("family", ["rnn", "transformer"])
def test_quantiles_and_covariates_lie_about_the_last_season_too(built, context, family):
    draw, levels = torch.Generator().manual_seed(1), (0.1, 0.5, 0.9)
    known = WindowCovariates(*(torch.randn(3, *shape, generator=draw) for shape in ((L, 2), (H, 1), (1,))))
    sizes = InputSizes(series=2, past=1, future=1, static=1, levels=levels)
    plain, left = (built(family, {}, season, sizes) for season in (0, SEASON))
    found = left.quantiles(context, torch.zeros(3, dtype=torch.long), known)
    expected = plain.quantiles(context, torch.zeros(3, dtype=torch.long), known) + naive_of(context)[..., None]
    torch.testing.assert_close(found, expected)


def test_the_season_is_read_whatever_the_share_of_the_context(configure):
    model = configure({"data.context_length": L, "model.context_share": 0.25, "model.seasonal_naive": 12}).model
    assert model.steps_read(L) == 12


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model.seasonal_naive": -1}, "greater than or equal to 0"),
        ({"model.seasonal_naive": L + 1}, r"model.seasonal_naive must be at most data.context_length \(24\), got 25"),
        ({"model.seasonal_naive": 4, "model.linear_highway": "ridge"}, "ridge needs model.seasonal_naive: 0, got 4"),
        (
            {"model.seasonal_naive": 4, "model.decoding": "autoregressive"},
            "model.seasonal_naive 0 and model.block bare",
        ),
        (
            {"model.seasonal_naive": 4, "train.settings": "tuned", "tune.shared.linear_highway": [False, "ridge"]},
            "tune.shared.linear_highway: ridge needs .* model.seasonal_naive: 0",
        ),
    ],
)
def test_what_cannot_be_is_refused(configure, changes, told):
    with pytest.raises(ValidationError, match=told):
        configure({"data.context_length": L, **changes})
