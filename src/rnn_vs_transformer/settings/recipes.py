"""Named recipes: groups of settings that are taken together, as files of `recipes/` in the shape of params.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.yaml import read_yaml

FOLDER = Path("recipes")
Settings = dict[str, Any]


def recipe_names(folder: Path = FOLDER) -> list[str]:
    """The recipes that there are, by name."""
    return sorted(file.stem for file in folder.glob("*.yaml"))


def recipe_overrides(name: str, folder: Path = FOLDER) -> list[str]:
    """A recipe as `dvc exp run -S` takes it: `key=value` per setting, lists as [a,b], nothing that a shell must quote.

    Raises:
        InputError: There is no such recipe.
    """
    return [f"{key}={_spell(value)}" for key, value in _leaves(load_recipe(name, folder))]


def load_recipe(name: str, folder: Path = FOLDER) -> Settings:
    """The settings of a recipe, in groups as in params.yaml.

    Raises:
        InputError: There is no such recipe.
    """
    if name not in recipe_names(folder):
        raise InputError(f"no recipe {name!r}; there are {', '.join(recipe_names(folder)) or 'none here'}")
    content: Settings = read_yaml(folder / f"{name}.yaml")
    return content


def merge_settings(*groups: Settings) -> Settings:
    """Groups of settings on top of each other, the last on top."""
    merged: Settings = {}
    for group in groups:
        for key, value in group.items():
            merged[key] = merge_settings(merged.get(key, {}), value) if isinstance(value, dict) else value
    return merged


def _leaves(group: Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in group.items():
        yield from _leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]


def _spell(value: Any) -> str:
    """As Hydra's grammar reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ",".join(map(_spell, value)) + "]"
    return str(value)
