"""What an artifact was made of, so that a forecast is never by the models of a run before the one that lies here."""

from functools import reduce
from pathlib import Path
from typing import Any, Final

from pydantic.dataclasses import dataclass

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint
from rnn_vs_transformer.runtime.load import read_sections
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.settings.family.families import MODELS, given_settings, load_settings, trained_settings
from rnn_vs_transformer.settings.family.model import ModelParams
from rnn_vs_transformer.settings.family.train import TrainParams

FOLDER: Final = Path("models/forecaster")
PIPELINE: Final = Path("dvc.yaml")
LOCK: Final = Path("dvc.lock")


@dataclass(frozen=True)
class Origin:
    """Of which files and settings an artifact was made."""

    files: dict[str, str]
    """Fingerprints of data, weights and losses, by path in the workspace."""
    settings: dict[str, dict[str, Any]]
    """What each family was trained with by the tutorial's recipe, as in models/given/<family>.json."""


def origin_here(families: list[str]) -> Origin:
    """What an artifact of some families is made of that is made now.

    Raises:
        InputError: A file of an earlier stage is missing or damaged.
    """
    read = [*paths.SERIES, *(path for family in families for path in (paths.models(family), paths.histories(family)))]
    return Origin(
        {path.as_posix(): fingerprint(path) for path in read},
        {family: trained_settings(family).content() for family in families},
    )


def require_current(folder: Path, origin: Origin) -> None:
    """Refuse the artifact of a workspace in which other models, data or settings lie by now.

    One that was fetched or copied to another place has no workspace beside it, and stays what it is.

    Raises:
        InputError: What differs, and the command that brings the artifact up to date.
    """
    place = folder.resolve()
    if place.parts[-len(FOLDER.parts) :] != FOLDER.parts or not ((root := place.parent.parent) / PIPELINE).is_file():
        return
    changed = _changed_setting(root, origin) or _changed_file(root, origin)
    if changed:
        raise InputError(
            f"{folder} is of an earlier run: {changed}; run: dvc repro package (to use it as it is, copy it to another "
            "place and name that with --artifact)"
        )


def _changed_file(root: Path, origin: Origin) -> str:
    for name, seen in origin.files.items():
        if (root / name).exists() and fingerprint(root / name) != seen:
            return f"{name} has changed since"
    return ""


def _changed_setting(root: Path, origin: Origin) -> str:
    """The first setting of params.yaml with which this artifact would have become another one."""
    model, train = read_sections(ModelParams, TrainParams, path=root / paths.PARAMS)
    for family in (family for family in origin.settings if family in MODELS):
        tuned = root / paths.family_settings("tuned", family)
        if train.settings == "tuned" and not tuned.exists():
            continue
        found = given_settings(family, model, train) if train.settings == "given" else load_settings(family, tuned)
        if difference := _difference(origin.settings[family], found.content()):
            return f"{difference}, for the {family}"
    made = _stage_params(root, "generate").get("data", {})
    return _difference({"data": made}, {"data": read_yaml(root / paths.PARAMS)["data"]}) if made else ""


def _stage_params(root: Path, stage: str) -> dict[str, Any]:
    """The settings that a stage last ran with, as far as DVC recorded it."""
    lock = read_yaml(root / LOCK) if (root / LOCK).is_file() else {}
    steps = ("stages", stage, "params", paths.PARAMS.as_posix())
    found: dict[str, Any] = reduce(lambda part, name: part.get(name) or {}, steps, lock)
    return found


def _difference(then: dict[str, Any], now: dict[str, Any], prefix: str = "") -> str:
    """The first key, dotted, whose value is another one."""
    for key, value in now.items():
        before = then.get(key)
        if value == before:
            continue
        if isinstance(value, dict) and isinstance(before, dict):
            return _difference(before, value, f"{prefix}{key}.")
        section = "train." if not prefix and key == "seeds" else ""
        return f"{section}{prefix}{key} was {before} and is {value}"
    return ""
