"""Forecasts against the truth that can be looked through: series by series, window by window."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.reporting.charts import axis
from rnn_vs_transformer.reporting.charts.lines import Curve, Lines
from rnn_vs_transformer.reporting.figures.words import Texts, axis_word, name_of, titled
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime.paths import TUTORIAL, forecaster
from rnn_vs_transformer.settings.family.families import FAMILIES

SHOWN: Final = ("rnn", "transformer", "rnn_season_tokens", "transformer_season_tokens", "mlp", "ridge")
MOST_NUMBERS: Final = 60_000
"""So many forecast values are on the page; where there are more, windows are left out evenly."""
DIGITS: Final = 4
"""Significant digits of a value on the page."""


@dataclass(frozen=True)
class Looked:
    """What the page lets a reader look through."""

    first: Lines
    """The figure of one window, for print and where no script runs."""
    series: list[dict[str, Any]]
    """name, steps, truth, scales, and windows (label, place of the first forecast step, forecasts and MAE each)."""
    names: list[tuple[str, str]]
    """Look and name of each forecaster, in order."""
    headings: list[str]
    """Of the table behind: the step, the truth and each forecaster."""
    told: str
    """How the last known step is told."""

    @property
    def data(self) -> dict[str, Any]:
        """What the script needs."""
        return {"frame": self.first.frame, "series": self.series, "names": self.names, "headings": self.headings,
                "told": self.told}  # fmt: skip


def forecasts(texts: Texts, results: Results) -> Looked | None:
    """What the test windows that were kept show; nothing where none were."""
    table = results.forecasts
    if table.empty:
        return None
    names = [name for name in SHOWN if name in table]
    horizon, series = int(table["horizon_step"].max()), table["series"].unique()
    most = max(1, MOST_NUMBERS // (len(series) * horizon * len(names)))
    told = [_series(results, str(name), table[table["series"] == name], (names, most)) for name in series]
    called = [(name, name_of(texts, name)) for name in names]
    headings = [axis_word(texts, "step"), texts["truth"], *(name for _, name in called)]
    return Looked(_first(texts, told[0], names), told, called, headings, texts["forecasts"]["origin"])


def shown_first(results: Results) -> list[int]:
    """Places of the forecasters that are drawn before a reader chooses: each family at its best, and ridge."""
    best = results.metrics["comparison"]["each_at_its_best"]
    wanted = {*(forecaster(family, best.get(f"{family}_recipe", TUTORIAL)) for family in FAMILIES), "ridge"}
    return [place for place, name in enumerate(name for name in SHOWN if name in results.forecasts) if name in wanted]


def _series(results: Results, name: str, table: pd.DataFrame, kept: tuple[list[str], int]) -> dict[str, Any]:
    """One series: its true values over all windows, and of some windows what was forecast."""
    names, most = kept
    truth = table.assign(step=table["forecast_origin"] + table["horizon_step"]).groupby("step")["truth"].first()
    origins = table["forecast_origin"].unique()
    some = origins if len(origins) <= most else origins[np.linspace(0, len(origins) - 1, most).round().astype(int)]
    steps = np.arange(truth.index.min(), truth.index.max() + 1)
    shown = table[table["forecast_origin"].isin(some)]
    scale = axis.linear("", np.concatenate([truth.to_numpy(), shown[names].to_numpy().ravel()]).tolist())
    return {
        "name": name,
        "start": int(steps[0]),
        "truth": [_short(value) for value in truth.reindex(steps)],
        "low": scale.low,
        "high": scale.high,
        "ticks": [[tick, axis.tick_text(tick)] for tick in scale.ticks],
        "windows": [_window(results, of, names) for _, of in shown.groupby("forecast_origin", sort=True)],
    }


def _window(results: Results, table: pd.DataFrame, names: list[str]) -> dict[str, Any]:
    last = int(table["forecast_origin"].iloc[0])
    label = results.meta.axis.labels(np.array([last]))[0] if results.meta.axis.first is not None else f"{last:,}"
    errors = [float((table[name] - table["truth"]).abs().mean()) for name in names]
    return {
        "label": label,
        "origin": last,
        "values": [[_short(value) for value in table[name]] for name in names],
        "mae": [_told(error) for error in errors],
    }


def _short(value: float) -> float | None:
    return None if value != value else float(f"{value:.{DIGITS}g}")  # noqa: PLR0124 - NaN


def _told(error: float) -> str:
    """Three significant digits.

    >>> _told(0.5), _told(123.4), _told(12345.6)
    ('0.500', '123', '12,346')
    """
    return f"{error:,.0f}" if error >= 100 else f"{error:#.3g}"  # noqa: PLR2004


def _first(texts: Texts, told: dict[str, Any], names: list[str]) -> Lines:
    """The figure of the middle window, before which some of the truth is seen; the script draws into its frame."""
    start, window = told["start"], told["windows"][len(told["windows"]) // 2]
    truth = Curve(texts["truth"], "truth", *_known(start, told["truth"]))
    curves = [
        Curve(name_of(texts, name), name, *_known(window["origin"] + 1, values), dashed=name.endswith("tokens"))
        for name, values in zip(names, window["values"], strict=True)
    ]
    y = axis.Axis(axis_word(texts, "own_units"), told["low"], told["high"], [tick for tick, _ in told["ticks"]])
    x = axis.steps(axis_word(texts, "step"), [start, start + len(told["truth"]) - 1])
    return Lines(**titled(texts, "forecasts"), x=x, y=y, curves=[truth, *curves], form=".4g")


def _known(start: int, values: list[float | None]) -> tuple[list[int], list[float]]:
    """Steps and values of those that are known."""
    known = [(start + place, value) for place, value in enumerate(values) if value is not None]
    return [step for step, _ in known], [value for _, value in known]
