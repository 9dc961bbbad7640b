"""Sections of params.yaml, read and checked; faults are told in one line."""

import difflib
import reprlib
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import MOST_SHOWN, InputError
from rnn_vs_transformer.runtime.section import Section
from rnn_vs_transformer.runtime.yaml import read_yaml

MOST_FAULTS: Final = 12
"""Faults that one line tells."""


def read_sections(*sections: type[Section], path: Path = paths.PARAMS) -> list[Any]:
    """Read and check sections of a YAML file: an instance of each class, whose `key` says where it stands in the file.

    Raises:
        InputError: A missing file, broken YAML, a repeated, unknown or missing key, a wrong type or value.
    """
    content = read_yaml(path) if sections else {}
    found = []
    for section in sections:
        part = (content.get(section.key) if isinstance(content, dict) else None) if section.key else content
        try:
            found.append(section.model_validate(part))
        except ValidationError as error:
            raise InputError(f"{path}: {_describe(error, section)}") from None
    return found


def _describe(error: ValidationError, section: type[Section]) -> str:
    """The faults in one line, each as `key: what is wrong`; the branches of a union are joined by `or`."""
    faults: dict[str, list[str]] = {}
    for detail in error.errors():
        steps = _schema_steps(detail["loc"], section)
        faults.setdefault(".".join(steps), []).append(_reason(detail, steps, section))
    told = [" or ".join(reasons) for reasons in faults.values()]
    more = [f"and {len(told) - MOST_FAULTS} more"] if len(told) > MOST_FAULTS else []
    return "; ".join(told[:MOST_FAULTS] + more)


def _reason(detail: ErrorDetails, steps: list[str], section: type[Section]) -> str:
    key = ".".join([section.key, *steps] if section.key else steps)
    if detail["type"] == "extra_forbidden":
        group: Any = section
        for step in steps[:-1]:
            group = group.model_fields[step].annotation
        known = list(group.model_fields)
        close = difflib.get_close_matches(steps[-1], known, n=1)
        return f"unknown key {key}; " + (f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}")
    if detail["type"] == "missing":
        return f"key {key} is missing"
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, ")
    if detail["type"] in {"model_type", "model_attributes_type"}:
        return f"{key or 'the file'} must be a group of keys, got {_shown(detail['input'])}"
    return f"{key}: {detail['msg'][0].lower()}{detail['msg'][1:]}, got {_shown(detail['input'])}"


def _shown(value: object) -> str:
    """A value as YAML made it, cut where it is long: aliases within aliases have no end that a reader would see."""
    short = reprlib.Repr()
    short.maxlevel, short.maxlist, short.maxdict, short.maxstring, short.maxother = 2, 8, 5, MOST_SHOWN, MOST_SHOWN
    try:
        text = short.repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 2 * MOST_SHOWN else f"{text[: 2 * MOST_SHOWN]}..."


def _schema_steps(location: tuple[int | str, ...], section: type[Section]) -> list[str]:
    """The part of an error's location that names keys, without pydantic's names for branches of a union."""
    fields: Any = section
    steps: list[str] = []
    for step in location:
        if fields is None:
            break
        steps.append(str(step))
        field = fields.model_fields.get(step)
        annotation = field.annotation if field else None
        fields = annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None
    return steps
