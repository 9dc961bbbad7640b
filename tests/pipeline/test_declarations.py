"""dvc.yaml declares what the code uses, and an edit reruns what it can reach and nothing else."""

import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Clone, stages_run
from imports import modules_of

import stages
from rnn_vs_transformer.settings.whole import Params

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
STAGES = {**PIPELINE["stages"], **yaml.safe_load((ROOT / "tuning/dvc.yaml").read_text())["stages"]}
for family in (train := STAGES.pop("train"))["matrix"]["family"]:  # each has a script of its own
    STAGES[f"train_{family}"] = yaml.safe_load(yaml.safe_dump(train).replace("${item.family}", family))
CODE = "src/rnn_vs_transformer"
FAMILIES = {"train@rnn", "train@transformer"}
TRAINING = {*FAMILIES, "train_mlp"}
SHOWN = {"plot", "report"}
"""What tells the settings of the families, and so runs again where they change."""
READERS = {"evaluate", "analyse"}
"""What opens the test split; `analyse` trains the other decoding before it does, and refits on steps once known."""


def lies_in(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


@pytest.mark.parametrize("stage", STAGES)
def test_every_imported_module_lies_in_a_dependency_and_every_dependency_is_imported(stage: str) -> None:
    """An edit to code that a stage runs must rerun it, and an edit to a room that it does not enter must not."""
    declared = [path for path in STAGES[stage]["deps"] if path.startswith(("src/", "stages/"))]
    used = modules_of(stage) | {f"stages/{stage}.py", "stages/__init__.py"}
    assert [path for path in sorted(used) if not any(lies_in(path, place) for place in declared)] == []
    assert [place for place in declared if not any(lies_in(path, place) for path in used)] == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_section_read_is_declared(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stage asks of params.yaml is among its params; `run.*` is exempt, as it never changes a result."""
    asked: list[str] = []
    monkeypatch.setattr(stages, "run", lambda _, *sections, **__: asked.extend(one.key for one in sections))
    monkeypatch.delitem(sys.modules, f"stages.{stage}", raising=False)  # another test may have imported it
    runpy.run_module(f"stages.{stage}", run_name="__main__")
    declared = STAGES[stage].get("params", [])
    keys = [key for one in declared for key in (one["params.yaml"] if isinstance(one, dict) else [one])]
    whole = "params.yaml" in STAGES[stage]["deps"]
    assert {key.split(".")[0] for key in keys} | ({""} if whole else set()) >= set(asked) - {"run"} - (
        {"train"} if whole else set()
    )
    assert {key.split(".")[0] for key in keys} <= set(asked)


def test_every_section_is_read_by_some_stage() -> None:
    """A key that is checked and documented but that no stage reads would do nothing, silently."""
    declared = (ROOT / "dvc.yaml").read_text() + (ROOT / "tuning/dvc.yaml").read_text()
    passed_on = {"model", "run"}  # `check` writes what families are built with; `run` spreads the work
    for section in Params.model_fields.keys() - passed_on:
        assert re.search(rf"^ +- {section}\b", declared, re.MULTILINE), section


def test_no_stage_of_training_can_reach_the_test_split() -> None:
    """Selection on test is impossible where training does not have the file; only what scores opens it."""
    assert {name for name, stage in STAGES.items() if "data/test.safetensors" in stage["deps"]} == READERS
    sources = [path for stage in STAGES.keys() - READERS - {"generate", "check"} for path in modules_of(stage)]
    allowed = ("data/series.py", "runtime/paths.py", "evaluation/test_split.py")
    opening = [path for path in sources if re.search(r"load_test|paths\.TEST\b", (ROOT / path).read_text())]
    assert not [path for path in opening if not path.endswith(allowed)]


def test_commands_take_no_text_from_params() -> None:
    """A setting must never reach a shell; what is filled in is a family of the file itself."""
    commands = {name: stage["cmd"] for name, stage in STAGES.items()}
    assert commands.pop("tune") == "python -m stages.tune ${item.family}"
    assert commands == {name: f"python -m stages.{name}" for name in commands}


def edit(place: str) -> Callable[[Clone], object]:
    """Add a line to a file of the code."""

    def change(clone: Clone) -> None:
        path = clone.folder / CODE / place
        path.write_text(path.read_text() + "# another line\n")

    return change


def choose(**values: object) -> Callable[[Clone], object]:
    """Set keys of params.yaml and let `check` write each family's settings, by which the later stages are judged."""

    def change(clone: Clone) -> None:
        clone.set(**values)
        clone.run("dvc", "repro", "check")

    return change


RERUNS = {
    "the report's code": (edit("reporting/report.py"), {"report"}),
    "a claim": (edit("claims/speed.py"), {"report"}),
    "a figure": (edit("plotting/probes.py"), {"plot", "report"}),
    "the memory probe": (edit("probes/memory/tasks.py"), {"probe"}),
    "the schema of a section": (edit("settings/probe.py"), {"check", "probe", "report"}),
    "a metric": (edit("evaluation/metrics.py"), {"evaluate", "package", "report"}),
    "a model": (edit("models/rnn.py"), {*TRAINING, "evaluate", "package", "probe", "inspect", "cost"}),
    "a search": (edit("tuning/search.py"), set()),
    "an analysis": (edit("analyses/backtest.py"), set()),
    "the language": (lambda clone: clone.set(report__language="zh"), {"check", "report"}),
    "heads": (choose(model__heads=8), {"train@transformer", *SHOWN}),
    "a cell": (choose(model__cell="gru"), {"train@rnn", *SHOWN}),
    "the control's width": (choose(model__mlp_width=16), {"train_mlp", "report"}),
    "the recipes": (choose(train__recipes=["tutorial"]), {*FAMILIES, "report"}),
    "a learning rate": (choose(train__learning_rate=1.0e-2), {*TRAINING, *SHOWN}),
    "a file of the user": (lambda clone: (clone.folder / "data/raw/mine.csv").write_text("y\n1\n"), set()),
    "compiled code": (lambda clone: (clone.folder / CODE / "models/__pycache__").mkdir(exist_ok=True), set()),
}
"""What is edited, and the stages that run for it; what follows a stage runs where its results have changed."""


@pytest.fixture(scope="module")
def workspace(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return finished.copy(tmp_path_factory.mktemp("reruns") / "clone")


@pytest.mark.parametrize("edited", RERUNS)
def test_an_edit_reruns_what_it_reaches_and_nothing_else(workspace: Clone, edited: str) -> None:
    change, expected = RERUNS[edited]
    change(workspace)
    try:
        assert stages_run(workspace.run("dvc", "repro", "--dry")) == expected
    finally:
        workspace.run("git", "checkout", "--quiet", "--", ".")
        workspace.run("dvc", "checkout", "--quiet", "check")
        (workspace.folder / "data/raw/mine.csv").unlink(missing_ok=True)


def test_line_ends_of_another_system_rerun_nothing(finished: Clone, tmp_path: Path) -> None:
    """With core.autocrlf git would write other bytes, and DVC hashes bytes."""
    clone = Clone(tmp_path / "clone")
    finished.run("git", "clone", "--quiet", "--config", "core.autocrlf=true", str(finished.folder), str(clone.folder))
    assert b"\r" not in (clone.folder / CODE / "models/rnn.py").read_bytes()
    assert stages_run(clone.run("dvc", "repro", "--allow-missing", "--dry")) == set()
