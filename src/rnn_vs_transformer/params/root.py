"""The whole of params.yaml, read and checked; faults are told in one line."""

import difflib
import reprlib
from itertools import product
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator
from pydantic_core import ErrorDetails

from rnn_vs_transformer.params.base import Section
from rnn_vs_transformer.params.data import DataParams
from rnn_vs_transformer.params.decoding import DecodingParams
from rnn_vs_transformer.params.inspect import CostParams, InspectParams
from rnn_vs_transformer.params.model import ModelParams
from rnn_vs_transformer.params.probe import ProbeParams
from rnn_vs_transformer.params.run import EvaluateParams, ReportParams, RunParams, TrainParams
from rnn_vs_transformer.params.strict_yaml import read_yaml
from rnn_vs_transformer.params.tune import TuneParams, misfit
from rnn_vs_transformer.runtime.errors import MOST_SHOWN, InputError

MOST_FAULTS = 12
"""Faults that one line tells."""


class Params(Section):
    """The whole of params.yaml."""

    data: DataParams
    model: ModelParams
    train: TrainParams
    tune: TuneParams
    evaluate: EvaluateParams
    decoding: DecodingParams
    inspect: InspectParams
    cost: CostParams
    probe: ProbeParams
    report: ReportParams
    run: RunParams

    @model_validator(mode="after")
    def _patches_fit_context(self) -> Self:
        if self.model.patch_length > self.data.context_length:
            raise ValueError(
                f"model.patch_length must be at most data.context_length ({self.data.context_length}), "
                f"got {self.model.patch_length}",
            )
        if self.tune.trials and max(self.tune.shared.patch_length) > self.data.context_length:
            raise ValueError(
                f"tune.shared.patch_length must be at most data.context_length ({self.data.context_length}), "
                f"got {max(self.tune.shared.patch_length)}",
            )
        return self

    @model_validator(mode="after")
    def _current_transformer_fits_the_search(self) -> Self:
        space, model = self.tune.transformer, self.model
        widths, heads, positionals = [model.transformer_width], [*space.heads, model.heads], [model.positional]
        if self.tune.budget != "parameters":
            widths, positionals = [*space.transformer_width, *widths], [*space.positional, *positionals]
        for width, count in product(widths, heads) if self.tune.trials else ():
            if fault := misfit(width, count, positionals):
                raise ValueError(f"tune.transformer with the current model.*, which is tried first: {fault}")
        return self


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check the settings.

    Args:
        path: A YAML file with every key of the schema.

    Returns:
        The settings, frozen.

    Raises:
        InputError: A missing file, broken YAML, a repeated, unknown or missing key, a wrong type or value.
    """
    content = read_yaml(path)
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: " + _describe(error)) from None


def _describe(error: ValidationError) -> str:
    """The faults in one line, each as `key: what is wrong`; the branches of a union are joined by `or`."""
    faults: dict[str, list[str]] = {}
    for detail in error.errors():
        steps = _schema_steps(detail["loc"])
        faults.setdefault(".".join(steps), []).append(_reason(detail, steps))
    told = [" or ".join(reasons) for reasons in faults.values()]
    more = [f"and {len(told) - MOST_FAULTS} more"] if len(told) > MOST_FAULTS else []
    return "; ".join(told[:MOST_FAULTS] + more)


def _reason(detail: ErrorDetails, steps: list[str]) -> str:
    key = ".".join(steps)
    if detail["type"] == "extra_forbidden":
        known = list(_section(steps[:-1]).model_fields)
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
    short.maxlevel, short.maxlist, short.maxdict, short.maxstring, short.maxother = 2, 8, 5, 80, 80
    try:
        text = short.repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 2 * MOST_SHOWN else f"{text[: 2 * MOST_SHOWN]}..."


def _schema_steps(location: tuple[int | str, ...]) -> list[str]:
    """The part of an error's location that names keys, without pydantic's names for branches of a union."""
    fields: Any = Params
    steps: list[str] = []
    for step in location:
        if fields is None:
            break
        steps.append(str(step))
        field = fields.model_fields.get(step)
        annotation = field.annotation if field else None
        fields = annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None
    return steps


def _section(steps: list[str]) -> type[Section]:
    section: Any = Params
    for step in steps:
        section = section.model_fields[step].annotation
    return section  # type: ignore[no-any-return]
