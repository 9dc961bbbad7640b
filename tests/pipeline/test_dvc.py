"""The pipeline as DVC's users use it. Each test runs real commands in a clone of its own."""

import csv
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Clone, stages_run, told

FAMILY_STAGES = ("train@rnn", "train@transformer")
FAMILY_RESULTS = (
    "reports/metrics.json", "reports/history/rnn/tutorial.csv", "reports/history/transformer/tutorial.csv",
    "models/rnn/tutorial/settings.json",
    "models/rnn/tutorial/seed-0.safetensors", "models/rnn/tutorial/seed-1.safetensors",
    "models/transformer/tutorial/seed-0.safetensors", "models/transformer/tutorial/seed-1.safetensors",
)  # fmt: skip


def metrics(clone: Clone) -> dict[str, dict[str, float]]:
    content: dict[str, dict[str, float]] = json.loads((clone.folder / "reports/metrics.json").read_text())
    return content


def validation_loss(entry: dict[str, Any]) -> float:
    """Of the Transformer, in an experiment that `dvc exp show --json` tells."""
    found: float = entry["data"]["metrics"]["reports/metrics.json"]["data"]["transformer"]["validation_mse"]
    return found


def table_of(clone: Clone, target: str) -> str:
    """What `make experiments` or `make sweep` prints."""
    return clone.run("make", "-f", str(ROOT / "Makefile"), "--no-print-directory", "-o", ".venv/.ready", target)


def test_a_second_repro_runs_nothing(clone: Clone) -> None:
    assert stages_run(clone.run("dvc", "repro")) == set()


@pytest.mark.slow
def test_a_bare_clone_rebuilds_the_same_bytes_with_another_number_of_workers(finished: Clone, tmp_path: Path) -> None:
    """Neither the cache nor the number of processes may matter: all outputs repeat to the byte."""
    other = Clone(tmp_path / "other")
    finished.run("git", "clone", "--quiet", str(finished.folder), str(other.folder))
    output = other.run("dvc", "repro", "evaluate")
    assert stages_run(output) == {"check", "generate", *FAMILY_STAGES, "train_mlp", "evaluate"}
    other.run("git", "diff", "--exit-code", "dvc.lock", "reports/metrics.json")
    other.set(run__workers=1)
    other.run("dvc", "repro", "--force", "evaluate")
    for name in FAMILY_RESULTS:
        assert (other.folder / name).read_bytes() == (finished.folder / name).read_bytes(), name


@pytest.mark.slow
def test_one_changed_head_count_reruns_only_what_depends_on_it(clone: Clone) -> None:
    """The tour of a DVC user: change one thing, compare, show, plot, apply, go back."""
    before = (clone.folder / "params.yaml").read_text().splitlines()
    output = clone.run("dvc", "exp", "run", "--name", "eight", "-S", "model.heads=8")
    ran = stages_run(output)
    assert {"train@transformer", "evaluate", "plot"} <= ran
    assert not {"generate", "train@rnn", "train_mlp", "probe", "cost"} & ran
    after = (clone.folder / "params.yaml").read_text().splitlines()
    assert [line for line in after if line not in before] == ["  heads: 8"]

    shown = table_of(clone, "experiments")
    header = next(line for line in shown.splitlines() if "Experiment " in line).split()
    assert [header[3], header[-2]] == ["data", "model.heads"]
    assert "| eight " in shown

    clone.run("dvc", "exp", "branch", "eight", "eight-heads")
    difference = clone.run("dvc", "metrics", "diff", "main", "eight-heads")
    assert "transformer.mse" in difference.replace("│", " ")
    assert "rnn.mse" not in difference.replace("transformer.mse", "")
    assert "data.fingerprint" not in difference
    assert "index.html" in clone.run("dvc", "plots", "diff", "main", "eight-heads")
    page = (clone.folder / "dvc_plots/index.html").read_text()
    assert {"main", "eight-heads"} <= set(re.findall(r'"rev": "([^"]+)"', page))

    clone.run("git", "checkout", "--quiet", "--force", "main")
    clone.run("dvc", "exp", "apply", "eight")
    clone.run("git", "diff", "--exit-code", "--quiet", "HEAD", "--", "reports/metrics.json", fails=True)
    assert clone.run("git", "diff", "--numstat", "HEAD", "--", "params.yaml").startswith("1\t1\t")


@pytest.mark.slow
def test_no_table_shows_numbers_that_a_run_did_not_make(clone: Clone) -> None:
    """A run that ends before `evaluate` carries the metrics of the run before it."""
    clone.run("dvc", "exp", "run", "--name", "early", "-S", "model.cell=gru", "check")
    clone.run("git", "restore", ".")
    clone.run("dvc", "exp", "run", "--name", "mine", "-S", "data.synthetic.seed=1", "evaluate")
    for target in ("experiments", "sweep"):
        shown = table_of(clone, target)
        rows = [line.split()[1] for line in shown.splitlines()[3:] if line.startswith("| ")]
        assert sorted(rows) == ["main", "mine"]
        assert "Without results of their own: early." in shown
        assert "`dvc metrics diff` compares nothing" in shown
    assert "data.fingerprint" in clone.run("dvc", "metrics", "diff", "main", "mine")


@pytest.mark.slow
def test_queued_experiments_run_the_code_of_their_own_copy(clone: Clone) -> None:
    """The package is installed from one workspace; a queued copy of another must not import from there."""
    source = clone.folder / "src/rnn_vs_transformer/training/__init__.py"
    clone.run("dvc", "exp", "run", "--queue", "-S", "model.heads=1,2,4", "evaluate")
    source.write_text("raise RuntimeError('the code of the workspace, which has changed since')\n")
    clone.run("dvc", "queue", "start", "--jobs", "2")
    deadline = time.monotonic() + 240
    while "Success" not in (status := clone.run("dvc", "queue", "status")) or "Queued" in status or "Running" in status:
        assert time.monotonic() < deadline, status
        time.sleep(3)
    assert status.count("Success") == 3, status
    clone.run("git", "checkout", "--quiet", "--", source.relative_to(clone.folder).as_posix())
    shown = json.loads(clone.run("dvc", "exp", "show", "--json"))
    experiments = [entry["revs"][-1] for baseline in shown for entry in baseline["experiments"] or []]
    heads = {entry["data"]["params"]["params.yaml"]["data"]["model"]["heads"] for entry in experiments}
    assert heads == {1, 2, 4}

    columns = ("--drop", ".*", "--keep", "Experiment|transformer.validation_mse|model.heads")
    by_loss = clone.run("dvc", "exp", "show", "--csv", "--sort-by", "transformer.validation_mse", *columns)
    rows = csv.DictReader(by_loss[by_loss.index("Experiment,") :].splitlines())
    losses = [float(row["transformer.validation_mse"]) for row in rows if row["Experiment"]]
    assert len(losses) == len(heads)
    assert losses == sorted(losses)
    sweep = clone.run(sys.executable, "-m", "tools.sweep")
    assert sweep.count("★") >= len(("rnn", "transformer"))
    best = min(experiments, key=validation_loss)
    clone.run("dvc", "exp", "apply", best["name"])
    assert metrics(clone)["transformer"]["validation_mse"] == validation_loss(best)


def test_a_learning_rate_in_any_notation_is_a_number(clone: Clone) -> None:
    """DVC writes 1e-5 as 1e-05, which YAML 1.1 reads as text."""
    clone.run("dvc", "exp", "run", "-S", "train.learning_rate=1e-5", "train@rnn")
    assert "learning_rate: 1e-05" in (clone.folder / "params.yaml").read_text()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+model.hedas=8", "error: params.yaml: unknown key model.hedas; did you mean heads?"),
        ("model.heads=5", "model.*: heads 5 does not divide transformer_width 8"),
        ("data.context_length=5000", "the train split has 200 steps, but data.context_length (5000)"),
        ("train.epochs=many", "train.epochs: input should be a valid integer, got 'many'"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line_and_costs_no_result(clone: Clone, override: str, message: str) -> None:
    """DVC deletes a stage's outputs before it runs, so settings are checked by a stage that has none to lose."""
    output = clone.run("dvc", "exp", "run", "-S", override, fails=True)
    assert message in output
    assert "Traceback" not in output
    for name in (*FAMILY_RESULTS, "data/test.safetensors", "reports/figures/test_error.png"):
        assert (clone.folder / name).exists(), name


def test_a_missing_file_is_named(clone: Clone) -> None:
    output = clone.run("dvc", "exp", "run", "-S", "data.source=csv", "-S", "data.file=data/raw/mine.csv", fails=True)
    assert "data/raw/mine.csv" in output
    assert "Traceback" not in output
    assert (clone.folder / "reports/metrics.json").exists()


def test_a_diverging_training_names_seed_and_epoch(clone: Clone) -> None:
    clone.set(train__learning_rate=1.0e30, train__gradient_clip=1.0e30)
    output = clone.run("dvc", "repro", "train@rnn", fails=True)
    assert re.match(r"error: seed [01]: the train loss became (nan|inf) in epoch 1;", told(output)), output
    assert "leaked" not in output


@pytest.mark.slow
def test_the_shipped_series_works_at_once(clone: Clone) -> None:
    output = clone.run("dvc", "exp", "run", "-S", "data.source=csv", "evaluate")
    assert "filled cells, for contexts alone: 54 in train" in output
    found = metrics(clone)
    assert not {"oracle", "context_floor"} & found.keys()
    assert found["ridge"]["mse"] < found["seasonal_naive"]["mse"]
    meta = json.loads((clone.folder / "data/meta.json").read_text())
    assert (meta["season_length"], meta["axis"]["frequency"], meta["series"]) == (52, "W-SAT", ["co2_ppmv"])


def test_the_committed_lock_is_in_step_with_the_code() -> None:
    """What is committed is what the code gives: no stage of the project itself would run."""
    output = Clone(ROOT).run("dvc", "repro", "--allow-missing", "--dry")
    assert stages_run(output) == set()


def test_the_packaged_forecaster_works_in_another_folder(finished: Clone, tmp_path: Path) -> None:
    """Fetched by `dvc get`, it needs neither params.yaml nor data of the repository, and repeats to the byte."""
    elsewhere = Clone(tmp_path)
    elsewhere.run("dvc", "get", "--quiet", str(finished.folder), "models/forecaster", "--out", "fetched")
    (tmp_path / "new.csv").write_text("y\n" + "\n".join(str(step % 24) for step in range(30)) + "\n")
    command = [sys.executable, "-m", "rnn_vs_transformer", "forecast", "--input", "new.csv", "--artifact", "fetched"]
    for family in ("rnn", "transformer"):
        for output in ("one.csv", "two.csv"):
            elsewhere.run(*command, "--family", family, "--output", output)
        assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    lines = (tmp_path / "one.csv").read_text().splitlines()
    assert lines[0] == "step,series,forecast,low_80,high_80,low_95,high_95"
    assert len(lines) == 1 + 4


@pytest.mark.slow
def test_a_forecast_is_never_by_the_models_of_an_earlier_run(clone: Clone) -> None:
    """`evaluate` does not pack the new models; what the line says to run does."""
    (clone.folder / "new.csv").write_text("y\n" + "\n".join(str(step % 24) for step in range(30)) + "\n")
    forecast = (sys.executable, "-m", "rnn_vs_transformer", "forecast", "--input", "new.csv", "--output", "out.csv")
    clone.run(*forecast)
    clone.run("dvc", "exp", "run", "evaluate", "-S", "model.cell=gru")
    refused = clone.run(*forecast, fails=True)
    assert "models/forecaster is of an earlier run: model.cell was rnn and is gru, for the rnn" in refused
    assert "run: dvc repro package" in refused
    assert refused.count("\n") == 1
    clone.run("dvc", "repro", "package")
    clone.run(*forecast)


@pytest.mark.slow
def test_a_tuned_run_is_trained_and_scored_with_what_tuning_chose(clone: Clone) -> None:
    """The whole way: trials, the choice, the training that follows it, and the models that are scored.

    From a learning rate that learns nothing: were the untuned settings the committed ones and chosen again, which
    differs between processors, training would have nothing to do.
    """
    settings = ("train.settings=tuned", "tune.confirmation_seeds=1", "train.learning_rate=1.0e-6")
    output = clone.run("dvc", "exp", "run", *(word for setting in settings for word in ("-S", setting)))
    tuned = {"tuning/dvc.yaml:tune@rnn", "tuning/dvc.yaml:tune@transformer"}
    assert {*FAMILY_STAGES, *tuned, "evaluate", "plot", "report"} <= stages_run(output)
    for family in ("rnn", "transformer"):
        chosen = json.loads((clone.folder / f"models/tuned/{family}.json").read_text())
        trained = json.loads((clone.folder / f"models/{family}/tutorial/settings.json").read_text())
        runs = chosen.pop("tuning")
        assert trained == chosen
        for key, value in runs["trials"][runs["chosen"]]["values"].items():
            section, _, name = key.partition(".")
            assert trained[section][name] == value
    assert 'id="tuning"' in (clone.folder / "reports/index.html").read_text()
    assert (clone.folder / "reports/times/tuning_progress.png").exists()

    clone.run("git", "restore", ".")
    clone.run("dvc", "repro")
    assert 'id="tuning"' not in (clone.folder / "reports/index.html").read_text()
    assert not (clone.folder / "reports/times/tuning_progress.png").exists()


@pytest.mark.slow
def test_an_analysis_is_made_and_shown_where_it_is_asked_for_and_only_there(clone: Clone) -> None:
    """Nothing trains for it by default, and a result of another run is never shown."""
    asked = clone.run("dvc", "exp", "run", "-S", "report.analyses=[decoding,backtest]")
    assert stages_run(asked) == {"check", "analyse@decoding", "analyse@backtest", "plot", "report"}
    page = (clone.folder / "reports/index.html").read_text()
    assert 'id="decoding-found"' in page
    assert 'id="backtest"' in page
    assert (clone.folder / "reports/figures/decoding.png").exists()

    clone.run("git", "restore", ".")
    assert {"plot", "report"} >= stages_run(clone.run("dvc", "repro")) - {"check"}
    page = (clone.folder / "reports/index.html").read_text()
    assert 'id="decoding-found"' not in page
    assert 'id="backtest"' not in page
    assert not (clone.folder / "reports/figures/decoding.png").exists()
