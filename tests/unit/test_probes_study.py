"""The long probes: what counts as solved, diverged, another length, and what is said of it."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from panels import wide_windows

from rnn_vs_transformer.models.positional import sinusoidal_encoding
from rnn_vs_transformer.settings.family.families import FAMILIES
from studies.probes import figure, findings, lengths
from studies.probes.__main__ import PARTS, run_part
from studies.probes.divergence import outcome
from studies.probes.findings import FINDERS
from studies.probes.memory import steps_needed
from studies.probes.models import CELLS, build_model
from studies.probes.plan import read_plan
from studies.probes.updates import Updates, take_updates
from studies.probes.worlds import open_world, tutorial_model, tutorial_settings

LIMITS = {"diverged": 10.0, "stalled": 0.95}


@pytest.fixture
def plan(root, monkeypatch):
    monkeypatch.chdir(root)
    return read_plan()


def learning_curve(shares):
    """A learner whose share recovered after each ten steps is planted; and how many steps it has taken."""
    taken = [0]

    def learn(steps):
        taken[0] += steps

    return learn, lambda: shares[taken[0] // 10], taken


def test_the_first_check_that_recovers_enough_is_found_and_training_ends_there():
    """A later fall does not count, nor what was enough between two checks."""
    learn, recovered, taken = learning_curve([0.0, 0.5, 0.9, 0.2, 0.95, 1.0])
    assert steps_needed(learn, recovered, 0.9, 10, 50) == (20, 0.9)
    assert taken == [20]
    learn, recovered, _ = learning_curve([0.0, 0.95, 0.1, 0.5, 0.95, 1.0])
    assert steps_needed(learn, recovered, 0.9, 20, 40) == (40, 0.95)


def test_a_run_that_never_solves_it_is_censored_and_tells_where_it_ended():
    learn, recovered, taken = learning_curve([0.0, 0.5, 0.6, 0.7])
    assert steps_needed(learn, recovered, 0.9, 10, 30) == (None, 0.7)
    assert taken == [30]


class Doubling(torch.nn.Module):
    """A linear recursion h_t = a h_{t-1} + x_t, whose gradient grows like a^t."""

    def __init__(self, factor):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(factor))

    def forward(self, context, *_):
        state = torch.zeros_like(context[:, 0])
        for step in context.T:
            state = self.factor * state + step
        return state[:, None]


@pytest.mark.parametrize(("factor", "ended"), [(2.0, "diverged"), (0.0, "stalled")])
def test_a_growing_linear_recursion_diverges_and_a_dead_one_stalls(factor, ended):
    """Without clipping; a step size of next to nothing learns nothing, and that is no divergence."""
    values = torch.randn(1, 400, generator=torch.Generator().manual_seed(0))
    windows = wide_windows(values, np.arange(99, 390), 100, 1)
    rate = 0.1 if factor > 1 else 1e-12
    course = take_updates(Doubling(factor), windows, Updates("sgd", rate, 1e30, 64, 5), seed=0)
    assert outcome(course.losses, course.gradient_norms, 1.0, LIMITS) == ended
    assert len(course.losses) == (5 if ended == "stalled" else len(course.gradient_norms))
    assert math.isfinite(course.losses[-1]) == (ended == "stalled")


def test_an_outcome_does_not_depend_on_the_unit_of_the_series():
    """Losses and the constant's loss scale together."""
    for losses, ended in (
        ([1.0, 0.5], "learnt"),
        ([1.0, 0.96], "stalled"),
        ([1.0, 10.1], "diverged"),
        ([20, 0.5], "learnt"),
    ):
        for scale in (1e-6, 1.0, 1e6):
            assert outcome([scale * loss for loss in losses], [1.0, 1.0], scale, LIMITS) == ended
    assert outcome([0.5], [math.inf], 1.0, LIMITS) == "diverged"


def test_the_weights_start_from_the_seed_and_only_the_start_differs():
    """A seed pairs the models; an orthogonal start is a rotation, and changes no size."""
    settings = tutorial_model().model_copy(update={"rnn_width": 8, "transformer_width": 8, "feedforward_width": 8})
    for name in (*CELLS, "transformer"):
        one, other, third = (build_model(name, settings, 12, 4, seed).state_dict() for seed in (0, 0, 1))
        assert all(torch.equal(one[key], other[key]) for key in one)
        assert not all(torch.equal(one[key], third[key]) for key in one)
    matrix = build_model("rnn_orthogonal", settings, 12, 4, 0).state_dict()["mixer.layers.weight_hh_l0"]
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(8))


@pytest.fixture
def small():
    """A function that makes a family's settings of the tutorial, small, some values changed."""
    sizes = {"model.transformer_width": 8, "model.rnn_width": 8}

    def make(family, **values):
        changed = {f"model.{name}": value for name, value in values.items()}
        known = {
            key: size for key, size in sizes.items() if key.removeprefix("model.") in FAMILIES[family].model_fields
        }
        return tutorial_settings(family, 64, 1, known | changed).model

    return make


@pytest.mark.parametrize("family", ["rnn", "transformer"])
def test_at_the_trained_length_nothing_changes(small, family):
    """The same forecasts, with the origin's position kept or not; so the relative change is 0 there."""
    model = lengths.BUILDERS[family](small(family), 12, 4)
    context = torch.randn(5, 12)
    other = lengths.at_length(model, small(family), 12, 4)
    torch.testing.assert_close(other(context), model(context), rtol=0, atol=0)
    lengths.keep_origin(other, model.tokens)
    torch.testing.assert_close(other(context), model(context), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("transformer", {"positional": "learned"}),
        ("transformer", {"readout": "flatten"}),
        ("rnn", {"readout": "flatten"}),
    ],
)
def test_a_table_of_positions_or_a_readout_of_all_tokens_takes_no_other_length(small, family, values):
    model = lengths.BUILDERS[family](small(family, **values), 12, 4)
    assert lengths.at_length(model, small(family, **values), 12, 4) is not None
    assert lengths.at_length(model, small(family, **values), 24, 4) is None


@pytest.mark.parametrize("tokens", [5, 10, 25])
def test_with_the_origin_kept_it_has_its_own_position_and_steps_count_back_from_it(tokens):
    """Shifted to start at 0, the rows are the usual ones: a shift turns each pair by a fixed angle."""
    kept, usual = lengths.encoding_until(9, tokens, 8), sinusoidal_encoding(40, 8)
    shared = min(tokens, 10)
    torch.testing.assert_close(kept[-shared:], usual[10 - shared : 10], rtol=0, atol=0)
    products = kept @ kept.T
    expected = usual[:tokens] @ usual[:tokens].T
    torch.testing.assert_close(products, expected, rtol=1e-4, atol=1e-4)


def test_other_context_lengths_see_the_same_test_windows(plan):
    """Else their errors could not be set against each other."""
    some = {**plan["lengths"], "steps": 800, "test_steps": 100}
    first = open_world(some, 1000, "short_memory", 12)
    other = replace(first, context_length=384)
    np.testing.assert_array_equal(first.places("test").origins, other.places("test").origins)
    np.testing.assert_array_equal(first.truth(first.places("test")), other.truth(other.places("test")))


def errors(**columns):
    """A table of two cases of two draws each."""
    keys = pd.DataFrame({"case": ["a", "a", "b", "b"], "draw": [5, 6, 5, 6]})
    return keys.assign(**columns)


def test_the_relative_change_is_planted_and_found_whatever_the_scale(plan):
    """Errors of half as much again, in worlds of quite other sizes."""
    size = np.array([1.0, 1e3, 1e-3, 7.0])
    table = pd.concat([errors(model="rnn", tested="same", mse=size)] +
                      [errors(model="rnn", tested=name, mse=share * size)
                       for name, share in (("half", 1.5), ("double", 1.0), ("quadruple", 0.5))])  # fmt: skip
    found = dict(findings.find_in_lengths(table, plan["lengths"]))
    assert found["length_half.rnn"] == {"estimate": 0.5, "low": 0.5, "high": 0.5, "units": 4}
    assert found["length_double.rnn"]["estimate"] == 0
    assert found["length_quadruple.rnn.b"] == {"estimate": -0.5, "low": -0.5, "high": -0.5, "units": 2}


def recall(steps, plan):
    """A table of recall in which the cells need so many times 100 steps of each seed, the Transformer 100."""
    rows = [
        (model, lag, seed, 100 if model == "transformer" else steps[seed])
        for seed in range(len(steps))
        for lag in plan["probe"]["lags"]
        for model in plan["models"]
    ]
    return pd.DataFrame(rows, columns=["model", "lag", "seed", "steps_needed"])


def test_censored_runs_give_no_mean_and_a_ratio_from_below(plan):
    """A run that was never solved counts at the last step."""
    found = dict(findings.find_in_memory(recall([200, 200, 200], plan["memory"]), plan["memory"]))
    assert found["steps_to_recall_8.gru"] == {"estimate": 200, "low": 200, "high": 200, "units": 3}
    assert found["recall_ratio_8.gru"] == {"estimate": 2, "low": 2, "high": 2, "units": 3}
    found = dict(findings.find_in_memory(recall([None, None, None], plan["memory"]), plan["memory"]))
    assert found["steps_to_recall_8.gru"] == {"estimate": None, "low": None, "high": None, "units": 3, "censored": 3}
    assert found["recall_ratio_8.gru"] == {"estimate": 30, "low": 30, "high": 30, "units": 3, "lower_bound": True}


def test_a_decay_and_shares_that_were_planted_are_found(plan):
    """A tenth per 48 steps is two powers of ten over 96; one run of two diverges in each draw."""
    decay = pd.DataFrame({"model": "rnn", "stage": "untrained", "decay_per_step": [0.1 ** (1 / 48)] * 3})
    ((name, found),) = findings.find_in_gradients(decay, plan["gradients"])
    assert (name, found) == ("gradient_decay.rnn.untrained", {"estimate": 2, "low": 2, "high": 2, "units": 3})
    runs = pd.DataFrame({"optimizer": "adam", "model": "gru", "clipping": "unclipped", "draw": [0, 0, 1, 1],
                         "outcome": ["diverged", "learnt"] * 2})  # fmt: skip
    found = dict(findings.find_in_divergence(runs, plan["divergence"]))
    told = found["diverged.gru.unclipped"]  # two of four, as many in each draw: the exact interval of a share
    assert (told["estimate"], told["units"], told["runs"]) == (0.5, 2, 4)
    assert (told["low"], told["high"]) == pytest.approx((0.0676, 0.9324), abs=1e-4)
    assert found["stalled.gru.unclipped"]["estimate"] == 0


def test_every_part_of_the_plan_has_trials_a_finder_and_no_trial_twice(plan):
    assert set(PARTS) == set(FINDERS) == set(plan) - {"measured"}
    for name, part in PARTS.items():
        trials = list(part.trials(plan[name]))
        assert len(set(trials)) == len(trials) > 0
        assert all(part.cost(trial, plan[name]) > 0 for trial in trials)


def test_a_killed_run_goes_on_where_it_was(plan, tmp_path, monkeypatch):
    """What is done is not done again, a line that was cut off is, and the table has the plan's order."""
    tiny = {"seeds": 2, "models": ["rnn", "transformer"], "probe": {"lags": [1, 4]}}
    ran = []

    def run(_, trial):
        ran.append(trial)
        if len(ran) == 3:
            raise KeyboardInterrupt
        return [{"lag": trial.lag, "seed": trial.seed, "model": trial.model}]

    def one_after_another(function, trials, *_):
        yield from ((number, function(trial)) for number, trial in enumerate(trials))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("studies.probes.__main__.read_plan", lambda: {"memory": tiny})
    monkeypatch.setattr("studies.probes.__main__.kept_file", lambda *_: tmp_path / "models/unfinished/memory.jsonl")
    monkeypatch.setattr("studies.resumable.run_as_finished", one_after_another)
    monkeypatch.setattr("studies.resumable.load_params", lambda: SimpleNamespace(run=None))
    monkeypatch.setitem(PARTS, "memory", replace(PARTS["memory"], run=run, cost=lambda *_: 1.0))
    with pytest.raises(KeyboardInterrupt):
        run_part("memory")
    (kept,) = (tmp_path / "models/unfinished").iterdir()
    kept.write_text(kept.read_text()[:-5])
    run_part("memory")
    assert [ran.count(trial) for trial in dict.fromkeys(ran)] == [1, 2, 2, 1, 1, 1, 1, 1]
    table = pd.read_csv(tmp_path / "studies/probes/runs/memory.csv")
    assert table["seed"].tolist() == [0] * 4 + [1] * 4
    assert not kept.exists()


def test_the_figure_marks_what_was_never_solved(plan, tmp_path):
    """A censored run looks otherwise than one that needed the last step."""
    pictures = []
    for last in (3000, None):
        figure.draw_steps_needed(recall([200, 300, last], plan["memory"]), plan["memory"], tmp_path / "a.png")
        pictures.append((tmp_path / "a.png").read_bytes())
    assert pictures[0] != pictures[1]
