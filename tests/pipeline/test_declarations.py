"""dvc.yaml holds what the code uses: nothing that could change a result goes undeclared."""

import importlib
import re
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Clone
from imports import modules_of

from rnn_vs_transformer.runtime.section import Section
from rnn_vs_transformer.settings.whole import Params, load_params

PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())
STAGES = PIPELINE["stages"]


def sections(section: type[Section] = Params, prefix: str = "") -> dict[type[Section], str]:
    """The key prefix of every section of the schema."""
    found = {section: prefix}
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            found |= sections(field.annotation, f"{prefix}{name}.")
    return found


def owned(section: Section) -> list[Section]:
    """The loaded settings themselves, as opposed to sections that a probe makes for its own models."""
    return [section, *(part for value in vars(section).values() if isinstance(value, Section) for part in owned(value))]


def leaves() -> set[str]:
    names = sections()
    return {
        prefix + name
        for section, prefix in names.items()
        for name, field in section.model_fields.items()
        if field.annotation not in names
    }


def expanded(declared: list[str]) -> set[str]:
    """Keys that a stage's `params:` cover; a whole section stands for all of its keys."""
    return {leaf for leaf in leaves() if any(leaf == key or leaf.startswith(f"{key}.") for key in declared)}


@pytest.mark.parametrize("stage", STAGES)
def test_every_imported_module_is_a_dependency(stage: str) -> None:
    """An edit to code that a stage runs must rerun it, and an edit to other code must not."""
    declared = {path for path in STAGES[stage]["deps"] if path.startswith(("src/", "stages/")) and path.endswith(".py")}
    assert declared == modules_of(stage) | {f"stages/{stage}.py", "stages/__init__.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_every_key_read_is_declared(
    stage: str, finished: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys read while a stage really runs are among its params, and no key is declared that is never read.

    `run.*` is exempt: it spreads the work over the machine and never changes a result.
    """
    monkeypatch.chdir(finished.copy(tmp_path / "clone").folder)
    params = load_params()
    params = params.model_copy(update={"run": params.run.model_copy(update={"workers": 1})})
    prefixes, read, ours = sections(), set(), {id(section) for section in owned(params)}
    plain, plain_copy, copies = Section.__getattribute__, Section.model_copy, []

    def recording(self: Section, name: str) -> object:
        if id(self) in ours and name in type(self).model_fields:
            read.add(prefixes[type(self)] + name)
        return plain(self, name)

    def copying(self: Section, **changes: object) -> Section:
        """A changed copy of our settings, such as those of the other decoding, still has the rest from the file."""
        copy = plain_copy(self, **changes)
        if id(self) in ours:
            copies.append(copy)  # kept, so that its id stays its own
            ours.add(id(copy))
        return copy

    with monkeypatch.context() as patch:
        patch.setattr(Section, "__getattribute__", recording)
        patch.setattr(Section, "model_copy", copying)
        getattr(importlib.import_module(f"stages.{stage}"), stage)(params)
    if "params.yaml" in STAGES[stage]["deps"]:
        return
    declared = STAGES[stage].get("params", [])
    read = {key for key in read & leaves() if not key.startswith("run.")}
    assert read <= expanded(declared)
    assert {key for key in declared if key in leaves()} <= read


def test_the_report_depends_on_its_template_and_words() -> None:
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "src").rglob("templates/*")}
    assert templates == {path for path in STAGES["report"]["deps"] if "/templates/" in path}


def test_every_setting_is_used_by_some_stage() -> None:
    """A key that is checked and documented but that no stage reads would do nothing, silently."""
    declared = set().union(*(expanded(stage.get("params", [])) for stage in STAGES.values()))
    used_before_any_stage = {key for key in leaves() if key.startswith("run.")}
    assert leaves() == declared | used_before_any_stage


def test_no_stage_of_training_can_reach_the_test_split() -> None:
    """Selection on test is impossible where training does not have the file; only stages that score open it."""
    readers = {name for name, stage in STAGES.items() if "data/test.safetensors" in stage["deps"]}
    assert readers == {"evaluate", "compare_decoding", "backtest"}  # the last refits on test steps once they are known
    sources = [path for stage in STAGES if stage not in {*readers, "generate"} for path in modules_of(stage)]
    assert not any(re.search(r"load_test|paths\.TEST\b", (ROOT / path).read_text())
                   for path in sources if not path.endswith("data/series.py"))  # fmt: skip


def test_commands_take_no_text_from_params() -> None:
    """A setting must never reach a shell."""
    assert [stage["cmd"] for stage in STAGES.values()] == [f"python -m stages.{name}" for name in STAGES]
