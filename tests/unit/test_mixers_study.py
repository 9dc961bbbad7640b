"""One block, many mixers: effects that were planted come out, and a killed run goes on where it was."""

import json
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.models.mixers import MIXERS
from rnn_vs_transformer.runtime.run import RunParams
from studies.mixers.drawing import draw
from studies.mixers.effects import READOUTS, TOKENS, effects, held_out_range, mean_by_case, read_errors, shares
from studies.mixers.summary import cell_table, effects_told, findings
from studies.mixers.trials import fit_params, model_params, read_plan, trials_of
from studies.resumable import Work, kept_file, run_to_table

ALONE = RunParams(workers=1, backend="loky", address="local", device="cpu")

NAMES = ("attention", "tanh", "gru", "lstm", "min_gru", "mlp", "none")
CASES = ("drift", "short_memory", "two_seasons")


def table(noise=0.0, seed=0, **planted):
    """Errors of 3 draws of 3 cases; `planted` is added to the log error of the level of that name."""
    generator = np.random.default_rng(seed)
    rows = []
    for case, draw_number in product(CASES, range(3)):
        level = generator.normal(0, 3)
        for mixer, tokens, readout in product(NAMES, TOKENS, READOUTS):
            effect = sum(planted.get(name, 0.0) for name in (mixer, tokens, readout))
            log = level + effect + noise * generator.normal()
            row = {"case": case, "draw": draw_number, "mixer": mixer, "tokens": tokens, "readout": readout}
            rows.append({**row, "mse": np.exp(log), "parameters": 10, "multiply_adds_per_window": 100})
    return pd.DataFrame(rows)


def told(runs):
    return {(one.effect, one.over): one for one in effects_told(read_errors(runs))}


def test_planted_effects_come_out():
    """Each from its own level, in every unit, whatever the others are."""
    found = effects(read_errors(table(season_tokens=-0.3, flatten=0.2, gru=-0.1)))
    expected = {"season_tokens": -0.3, "flatten_readout": 0.2, "attention_against_gru.points": 0.1}
    expected |= {"attention_against_lstm.season_tokens": 0.0, "attention_against_none.points": 0.0}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-12)


def test_an_effect_is_told_as_a_relative_difference_of_mse():
    """Halving the error is -50 %, over worlds, over cases and within each case."""
    found = told(table(season_tokens=-np.log(2)))
    for over in ("worlds", "cases", *CASES):
        assert found["season_tokens", over].estimate == pytest.approx(-0.5)
    assert [found["season_tokens", over].units for over in ("worlds", "cases", "drift")] == [9, 3, 3]


@pytest.mark.parametrize(
    ("column", "exchanged", "name"),
    [
        ("tokens", TOKENS, "season_tokens"),
        ("readout", READOUTS, "flatten_readout"),
        ("mixer", ("attention", "gru"), "attention_against_gru.points"),
    ],
)
def test_exchanged_labels_change_the_sign_and_nothing_else(column, exchanged, name):
    """No side is favoured by how the effect is computed."""
    runs = table(noise=0.2)
    other = runs.assign(**{column: runs[column].replace(dict(zip(exchanged, exchanged[::-1], strict=True)))})
    np.testing.assert_allclose(effects(read_errors(other))[name], -effects(read_errors(runs))[name], atol=1e-12)


def test_the_scale_of_a_world_does_not_matter():
    """A world whose errors are a thousand times as large counts as much as any other."""
    runs = table(noise=0.2)
    scaled = runs.assign(mse=runs["mse"] * np.where((runs["case"] == "drift") & (runs["draw"] == 1), 1e3, 1.0))
    for one, other in zip(effects_told(read_errors(runs)), effects_told(read_errors(scaled)), strict=True):
        assert (one.estimate, one.low, one.high) == pytest.approx((other.estimate, other.low, other.high), abs=1e-9)


def test_the_order_of_rows_does_not_matter():
    """The table of a resumed run may come in another order."""
    runs = table(noise=0.2)
    first, second = (effects(read_errors(some)) for some in (runs, runs.iloc[::-1]))
    for name in ("season_tokens", "flatten_readout"):
        np.testing.assert_allclose(np.sort(first[name]), np.sort(second[name]))


def test_the_control_does_not_reach_the_main_effects():
    """Without a mixer point tokens are blind; that says nothing of tokens where there is one."""
    runs = table(season_tokens=-0.3)
    blind = (runs["mixer"] == "none") & (runs["tokens"] == "points")
    found = effects(read_errors(runs.assign(mse=runs["mse"] * np.where(blind, 100.0, 1.0))))
    np.testing.assert_allclose(found["season_tokens"], -0.3)
    assert (found["season_tokens.control_included"] < -0.9).all()


@pytest.mark.parametrize("fault", ["missing", "doubled", "zero"])
def test_a_table_that_is_not_whole_is_refused(fault):
    """An effect would be mixed with another, or be infinite."""
    runs = table()
    broken = {
        "missing": runs.iloc[1:],
        "doubled": pd.concat([runs, runs.iloc[:1]]),
        "zero": runs.assign(mse=runs["mse"].where(runs.index > 0, 0.0)),
    }
    with pytest.raises(ValueError, match=r"each of 252|positive"):
        read_errors(broken[fault])


def test_mixers_that_are_the_same_have_no_range():
    """The best of six less the worst is far from zero by luck alone; chosen on other worlds it is not."""
    means = np.random.default_rng(0).normal(size=(500, 9, 6))
    held_out = [held_out_range(some, [str(number) for number in range(9)]).mean() for some in means]
    assert np.mean([some.mean(axis=0).max() - some.mean(axis=0).min() for some in means]) > 0.7
    assert abs(np.mean(held_out)) < 0.1


def test_a_range_that_is_there_is_found():
    """The worst against the best of those that mix, whatever the control does."""
    found = told(table(lstm=0.4, mlp=-0.1, none=5.0))
    for over in ("worlds", "cases", *CASES):
        assert found["range_of_mixers", over].estimate == pytest.approx(np.expm1(0.5))
        assert found["range_of_mixers.control_included", over].estimate == pytest.approx(np.expm1(5.1))


def test_a_case_does_not_choose_for_itself():
    """With groups the best and the worst of a case are those of the other cases."""
    means = np.array([[0.0, 1.0], [0.0, 1.0], [5.0, 0.0], [5.0, 0.0]])
    assert held_out_range(means, ["a", "a", "b", "b"]).tolist() == [-1.0, -1.0, -5.0, -5.0]


@pytest.mark.parametrize(
    ("planted", "owner"),
    [({"season_tokens": 1.0}, "tokens"), ({"flatten": 1.0}, "readout"), ({"gru": 1.0, "mlp": -1.0}, "mixer")],
)
def test_the_share_goes_to_the_factor_that_was_planted(planted, owner):
    """All of it where nothing else acts; the shares sum to 1."""
    found = shares(read_errors(table(**planted)))
    np.testing.assert_allclose(found[owner], 1.0)
    np.testing.assert_allclose(sum(shares(read_errors(table(noise=0.3, **planted))).values()), 1.0)


def test_what_a_mixer_does_with_one_kind_of_tokens_alone_is_interplay():
    """What two factors do together is owed to neither alone."""
    runs = table().query("mixer != 'none'")
    together = runs["mixer"].isin(["gru", "lstm", "mlp"]) == (runs["tokens"] == "points")
    found = shares(read_errors(runs.assign(mse=np.where(together, 2.0, 1.0))))
    np.testing.assert_allclose(found["interplay"], 1.0)


def test_the_mean_of_a_case_is_one_unit():
    """However many draws it has, and in whatever order they come."""
    assert mean_by_case(np.array([1.0, 10.0, 3.0]), ["a", "b", "a"]).tolist() == [2.0, 10.0]


def test_findings_have_an_interval_around_each_estimate():
    """What the report reads: all asked-for names, with the estimate between its ends."""
    found = findings(effects_told(read_errors(table(noise=0.2))))
    against = {f"attention_against_{name}.{tokens}" for name in NAMES[1:] for tokens in TOKENS}
    assert {"season_tokens", "flatten_readout", "range_of_mixers", *against} <= set(found)
    for one in found.values():
        assert set(one) == {"estimate", "low", "high", "units"}
        assert one["low"] <= one["estimate"] <= one["high"]
        assert one["units"] == 9


def test_cells_are_told_against_the_mean_of_all():
    """Their geometric mean is 1, and a cell that is twice as good has half of the error of another."""
    runs = table(flatten=-np.log(2))
    cells = cell_table(read_errors(runs), runs)
    assert len(cells) == len(NAMES) * 4
    assert np.log(cells["relative_error"]).mean() == pytest.approx(0)
    by_readout = cells.groupby("readout")["relative_error"].mean()
    assert by_readout["flatten"] / by_readout["last"] == pytest.approx(0.5)


def test_the_figure_repeats_to_the_byte(tmp_path):
    """As all figures do."""
    errors = read_errors(table(noise=0.2))
    for name in ("a.png", "b.png"):
        draw(errors, effects_told(errors), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.fixture
def plan(root, monkeypatch):
    monkeypatch.chdir(root)
    return read_plan()


def test_the_mixer_is_the_only_change(plan):
    """Two trials that differ in the mixer alone are built from the same settings, of equal width and depth."""
    trials = list(trials_of(plan))
    assert len(set(map(repr, trials))) == len(trials)
    assert {"rnn" if trial.mixer == "tanh" else trial.mixer for trial in trials} == set(MIXERS)
    settings = {}
    for trial in trials[: len(NAMES) * 4]:
        settings.setdefault((trial.tokens, trial.readout), []).append(model_params(plan, trial, 24))
    for same in settings.values():
        assert all(one == same[0] for one in same)
        assert (same[0].rnn_width, same[0].rnn_layers) == (same[0].transformer_width, same[0].transformer_layers)
    assert {one[0].patch_length for one in settings.values()} == {1, 24}


@pytest.mark.parametrize("windows", [1, 64, 65, 2881])
def test_whole_epochs_reach_the_updates_of_the_plan(plan, windows):
    """And no more than one epoch beyond them."""
    params = fit_params(plan, windows)
    updates = -(-windows // params.batch_size)
    assert 0 <= params.epochs * updates - plan["updates"] < updates


def test_patience_stops_no_training_of_the_plan(plan):
    """All mixers take the same number of updates."""
    params = fit_params(plan, round(plan["steps"] * (1 - plan["validation_share"])))
    assert params.patience >= params.epochs


def square(log, number):
    """A trial of the runner; it notes that it ran."""
    with log.open("a") as file:
        file.write(f"{number} ")
    return [{"number": number, "square": number**2}]


@pytest.fixture
def work(tmp_path):
    return Work(range(5), partial(square, tmp_path / "log"), float)


def test_a_killed_run_goes_on_after_its_last_whole_line(work, tmp_path):
    """What is kept is not done again; a line that was cut off, and it alone, is."""
    kept, out = tmp_path / "kept" / "work.jsonl", tmp_path / "work.csv"
    lines = [json.dumps({"trial": repr(n), "rows": [{"number": n, "square": -1}]}) for n in (4, 1, 3)]
    kept.parent.mkdir()
    kept.write_text("\n".join(lines)[:-9])
    run_to_table(work, out, kept, ALONE)

    assert (tmp_path / "log").read_text() == "3 2 0 "
    assert pd.read_csv(out)["square"].tolist() == [0, -1, 4, 9, -1]
    assert not kept.exists()


def test_a_run_cut_in_its_midst_writes_what_it_had_and_the_whole_the_next_time(work, tmp_path):
    """The new line after a cut one is read as well: what the second run adds is there for a third."""
    kept, out = tmp_path / "work.jsonl", tmp_path / "work.csv"
    kept.write_text('{"trial": "4", "ro')

    def fail(number):
        if number == 2:
            raise KeyboardInterrupt
        return work.run(number)

    with pytest.raises(KeyboardInterrupt):
        run_to_table(Work(work.trials, fail, work.expected_cost), out, kept, ALONE)
    assert not out.exists()
    run_to_table(work, out, kept, ALONE)
    assert (tmp_path / "log").read_text() == "4 3 2 1 0 "
    assert pd.read_csv(out)["square"].tolist() == [0, 1, 4, 9, 16]


def test_another_plan_or_other_code_begins_anew(tmp_path, monkeypatch):
    """No table mixes the rows of two; what only tells of results may change."""
    plan, package = tmp_path / "plan.yaml", tmp_path / "package"
    for name in ("__init__.py", "training/fit.py", "reporting/page.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("1")
    plan.write_text("1")
    monkeypatch.setattr("rnn_vs_transformer.__file__", str(package / "__init__.py"))
    found = [kept_file("study", plan)]
    for file in (plan, package / "training/fit.py"):
        file.write_text("2")
        found.append(kept_file("study", plan))
    (package / "reporting/page.py").write_text("2")

    assert len(set(found)) == 3
    assert kept_file("study", plan) == found[-1]
