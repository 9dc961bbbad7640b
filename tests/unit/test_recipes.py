"""Recipes: groups of settings that a user takes together."""

import subprocess
import sys

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.recipes import load_recipe, merge_settings, recipe_names, recipe_overrides
from rnn_vs_transformer.settings.whole import Params

NAMES = [
    "case-study",
    "ett",
    "exchange",
    "factorial",
    "ridge-start",
    "rnn-best",
    "rnn-best-long",
    "transformer-best",
    "transformer-best-long",
]


@pytest.fixture
def folder(root):
    return root / "recipes"


def test_the_recipes_are_those_that_the_page_tells(folder, root):
    """A recipe that nobody can find is of no use, and one that is not there must not be promised."""
    assert recipe_names(folder) == NAMES
    text = (root / "docs/scaling.md").read_text(encoding="utf-8")
    assert all(f"recipe {name})" in text for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_makes_valid_settings(folder, root, name):
    """Every key is one of params.yaml, and its values agree with each other."""
    base = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    Params.model_validate(merge_settings(base, load_recipe(name, folder)))


@pytest.mark.parametrize("name", NAMES)
def test_overrides_say_what_the_recipe_says(folder, name):
    """Read by DVC's own grammar they give back the file, types included."""
    found = {}
    for override in OverridesParser.create().parse_overrides(recipe_overrides(name, folder)):
        *groups, key = override.key_or_group.split(".")
        inner = found
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[key] = override.value()
    assert found == load_recipe(name, folder)
    assert not any(set(override) & set(" '\"$*?") for override in recipe_overrides(name, folder))


def test_the_case_study_is_the_default(folder, root):
    """One must be able to come back to where one started."""
    default = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    assert load_recipe("case-study", folder) == {key: default[key] for key in ("model", "train")}


def test_the_last_group_is_on_top():
    """What is not named stays."""
    assert merge_settings({"a": {"b": 1, "c": [1, 2]}}, {"a": {"c": [3]}, "d": True}) == {
        "a": {"b": 1, "c": [3]},
        "d": True,
    }


def test_an_unknown_recipe_is_told_with_those_that_there_are(folder):
    with pytest.raises(InputError, match="no recipe 'best'; there are case-study, ett"):
        recipe_overrides("best", folder)


def test_the_command_prints_options_for_dvc(root):
    """`dvc exp run $(...)`: words and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "rnn_vs_transformer", "recipe", "ett"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.split()
    assert words[::2] == ["-S"] * (len(words) // 2)
    assert words[1::2] == recipe_overrides("ett", root / "recipes")
