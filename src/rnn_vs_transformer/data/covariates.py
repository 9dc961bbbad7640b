"""What is known besides the target, as columns of numbers that a model can take."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.runtime.errors import InputError

FLAGS: Final = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0, "t": 1.0, "f": 0.0, "y": 1.0, "n": 0.0}
MOST_LEVELS: Final = 100
"""A text column with more is an id or a comment, and no category that a model could learn."""
Values = FloatArray | npt.NDArray[np.object_] | Sequence[str | None]
"""Numbers (NaN for none) or text (None for none)."""
Known = Literal["past", "future", "static"]
CALENDAR: Final = {
    "hour": [str(hour) for hour in range(24)],
    "weekday": [str(day) for day in range(7)],
    "month": [str(month) for month in range(1, 13)],
}


@dataclass(frozen=True)
class Covariate:
    """One covariate; `levels` are those of a category."""

    name: str
    known: Known
    kind: Literal["number", "flag", "category"]
    levels: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, known: Known, values: Values) -> Self:
        """Tell number, flag and category from all values: numbers (NaN for none) or text (None for none)."""
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            seen = set(np.unique(values[~np.isnan(values)])[:3].tolist())
            return cls(name, known, "flag" if seen == {0.0, 1.0} else "number")
        levels = sorted({str(value) for value in values if value is not None})
        if levels and {level.casefold() for level in levels} <= set(FLAGS):
            return cls(name, known, "flag")
        if len(levels) > MOST_LEVELS:
            raise InputError(
                f"data.covariates: column {name!r} has {len(levels)} different texts, too many for a category (at most "
                f"{MOST_LEVELS}); leave it out, or group them"
            )
        return cls(name, known, "category", levels)

    @property
    def width(self) -> int:
        """Columns."""
        return len(self.levels) if self.kind == "category" else 1

    def codes(self, values: Values) -> FloatArray:
        """One number per value (n,): itself, 0 or 1, or the place of its level; NaN for what is unknown."""
        if isinstance(values, np.ndarray) and values.dtype.kind == "f":
            odd = values[~np.isnan(values) & ~np.isin(values, (0.0, 1.0))]
            if self.kind == "flag" and len(odd):
                raise InputError(f"column {self.name!r}: expected 0 or 1 as in training, got {odd[0]:g}")
            if self.kind != "category":
                return np.asarray(values, dtype=np.float64)
            values = [None if np.isnan(value) else f"{value:g}" for value in values]
        if self.kind == "number" and (bad := next((text for text in values if text is not None), None)) is not None:
            raise InputError(f"column {self.name!r}: expected a number as in training, got {str(bad)!r}")
        places = FLAGS if self.kind == "flag" else {level: float(place) for place, level in enumerate(self.levels)}
        texts = [str(text).casefold() if self.kind == "flag" else str(text) for text in values]
        return np.array([places.get(text, np.nan) for text in texts], dtype=np.float64)

    def columns(self, codes: FloatArray) -> FloatArray:
        """Codes (n,) as (n, width): unknown numbers stay NaN, unknown flags are 0, unknown levels all zero."""
        if self.kind == "category":
            one_hot: FloatArray = (codes[:, None] == np.arange(self.width)).astype(np.float64)
            return one_hot
        return (np.nan_to_num(codes) if self.kind == "flag" else codes)[:, None]

    def encode(self, values: Values) -> FloatArray:
        """Values as read, numbers or text (n,), as the columns of the panel (n, width)."""
        return self.columns(self.codes(values))


def calendar_covariates(parts: Sequence[str]) -> list[Covariate]:
    """One for each part of the calendar, in the order of `parts`."""
    return [
        Covariate(f"calendar {part}", "future", *(("category", CALENDAR[part]) if part in CALENDAR else ("flag", [])))
        for part in parts
    ]


def calendar_columns(axis: Axis, steps: IntArray, parts: Sequence[str], country: str) -> FloatArray:
    """Parts of the time of each step, one-hot, and whether it is a holiday: (n, K).

    Raises:
        InputError: The steps have no times, or nobody knows the country's holidays.
    """
    if not parts:
        return np.empty((len(steps), 0))
    distinct, places = np.unique(np.asarray(steps, dtype=np.int64), return_inverse=True)
    times = axis.times(distinct)
    if not isinstance(times, pd.DatetimeIndex):
        raise InputError("data.covariates.calendar needs a time column with a known spacing; set it to []")
    numbers = {"hour": times.hour, "weekday": times.day_of_week, "month": times.month - 1}
    codes = [_holidays(times, country) if part == "holiday" else numbers[part].to_numpy(dtype=float) for part in parts]
    columns = [one.columns(code) for one, code in zip(calendar_covariates(parts), codes, strict=True)]
    table: FloatArray = np.concatenate(columns, axis=1)[places]
    return table


def _holidays(times: pd.DatetimeIndex, country: str) -> FloatArray:
    try:
        import holidays  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError(
            "data.covariates.calendar: holiday needs the package holidays: pip install 'rnn-vs-transformer[holidays]'"
        ) from None
    try:
        days = holidays.country_holidays(country, years=range(times[0].year, times[-1].year + 1))
    except NotImplementedError:
        raise InputError(f"data.covariates.holidays: the package holidays knows no country {country!r}") from None
    return np.array([day in days for day in times.date], dtype=np.float64)
