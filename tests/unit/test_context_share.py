"""A model that reads a share of the context is the model of the shorter context."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from rnn_vs_transformer.data.windows import WindowCovariates
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.probes.inspection.lag_recovery import read_part
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.tuning.space import search_of, search_space

L, H, READ = 24, 6, 8
SIZES = InputSizes(series=2, past=1, future=1, static=1)
SHELLS = [
    {},
    {"readout": "flatten", "linear_highway": True, "instance_norm": "standard"},
    {"readout": "segments", "patch_length": 3, "patch_stride": 3, "instance_norm": "last"},
    {"patch_length": 5, "patch_stride": 2, "positional": "learned", "linear_highway": True},
]


def inputs():
    draw = torch.Generator().manual_seed(0)
    context, past, future, static = (torch.randn(3, *shape, generator=draw) for shape in ((L,), (L, 2), (H, 1), (1,)))
    return context, torch.tensor([0, 1, 1]), WindowCovariates(past, future, static)


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("shell", SHELLS)
def test_it_forecasts_as_the_model_of_its_last_steps(configure, family, shell):
    def built(share, length):
        keys = {f"model.{name}": value for name, value in {**shell, "context_share": share}.items()}
        params = configure({**keys, "data.context_length": L})
        torch.manual_seed(3)
        return BUILDERS[family](given_settings(family, params.model, params.train).model, length, H, SIZES).eval()

    context, series, known = inputs()
    short = known._replace(context=known.context[:, -READ:])
    part, whole = built(READ / L, L), built(1.0, READ)
    assert part.state_dict().keys() == whole.state_dict().keys()
    found = part(context, series, covariates=known)
    torch.testing.assert_close(found, whole(context[:, -READ:], series, covariates=short))


@pytest.mark.parametrize(("share", "length", "read"), [(1.0, 7, 7), (0.5, 7, 4), (0.1, 3, 1), (1 / 3, 96, 32)])
def test_so_many_steps_are_read(configure, share, length, read):
    assert configure({"model.context_share": share}).model.steps_read(length) == read


@pytest.mark.parametrize("share", [0, 1.01, "half"])
def test_other_shares_are_refused(configure, share):
    with pytest.raises(ValidationError, match="context_share"):
        configure({"model.context_share": share})


def test_at_least_a_patch_is_read(configure):
    model = configure({"data.context_length": 24, "model.context_share": 0.25, "model.patch_length": 12}).model
    assert model.steps_read(24) == 12


@pytest.mark.parametrize("family", ["rnn", "transformer"])
@pytest.mark.parametrize("budget", ["trials", "parameters"])
def test_both_families_try_it_but_where_parameters_are_the_budget(configure, family, budget):
    params = configure({"tune.budget": budget, "model.context_share": 0.25, "model.patch_length": 1})
    current = {name: given_settings(name, params.model, params.train) for name in ("rnn", "transformer")}
    space = search_space(current[family], search_of(family, params.tune, current["transformer"]))
    assert (space.get("model.context_share") == [0.5, 1.0, 0.25]) == (budget == "trials")
    assert np.isin("model.context_share", list(space)) == (budget == "trials")


def test_steps_that_are_not_read_are_left_out_of_the_score():
    found = np.array([[0.3, -0.1, 0.0, 0.2, 0.0, 0.0], [0.1, 0.0, 0.0, 0.0, 0.0, 0.0]])
    assert read_part(found).shape == (2, 4)
    assert read_part(found[0]).tolist() == [0.3, -0.1, 0.0, 0.2]
    assert read_part(np.zeros((2, 3))).shape == (2, 3)
