"""The series as the later stages meet them: development steps in one file, test steps in another, facts in a third."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate
from rnn_vs_transformer.data.panel import FloatArray, IntArray, Panel
from rnn_vs_transformer.data.scaling import CovariateScaler, Scaler
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays, read_json, write_arrays, write_json

KNOWN = ("past", "future", "static")


@dataclass(frozen=True)
class Meta:
    """What is known of the series besides their values."""

    settings: dict[str, Any]
    """`data.*` of params.yaml."""
    series: list[str]
    """The names of those that are trained on."""
    season_length: int
    axis: Axis
    suggested_season: int | None = None
    """Another season that the series or their times have, where it is clear."""
    oracle: str = "none"
    """`exact`, `monte carlo`, or `none` for real series."""
    covariates: list[Covariate] = field(default_factory=list)
    columns: list[dict[str, str]] = field(default_factory=list)
    """Of the file, as read: `name`, `role` and `why`."""
    notes: list[str] = field(default_factory=list)
    """What else is to be said about the reading."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Series that are not trained on, and why."""
    filled_cells: Mapping[str, int] = field(default_factory=dict)
    """Per split."""
    windows: Mapping[str, int] = field(default_factory=dict)
    """Per split."""
    forecast_origins: Mapping[str, int] = field(default_factory=dict)
    """Per split: the different times at which a window of any series has its forecast origin."""
    windows_left_out: Mapping[str, int] = field(default_factory=dict)
    """Per split: those that began at a filled cell, or had no observed target."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """From what `asdict` made of it, or JSON."""
        covariates = [Covariate(**one) for one in content["covariates"]]
        return cls(**{**content, "axis": Axis(**content["axis"]), "covariates": covariates})

    @property
    def source(self) -> str:
        """`synthetic` or `csv`."""
        return str(self.settings["source"])

    @property
    def context_length(self) -> int:
        """Observed steps fed to a model (L)."""
        return int(self.settings["context_length"])

    @property
    def prediction_length(self) -> int:
        """Steps forecast at once (H)."""
        return int(self.settings["prediction_length"])

    @property
    def numbers(self) -> dict[str, list[bool]]:
        """Which columns of each kind of covariates are numbers."""
        return {
            known: [one.kind == "number" for one in self.covariates if one.known == known for _ in range(one.width)]
            for known in KNOWN
        }


@dataclass(frozen=True)
class Series:
    """All series in their own units, and where each is cut."""

    meta: Meta
    panel: Panel
    ends: IntArray
    """(S, 3): first step after train, after validation and after test."""
    floors: Mapping[str, FloatArray]
    """The best forecasts (N, H) of the test windows that one can make who knows the process, by name: the `oracle`, who
    has seen all the past, and `context_floor`, who has seen one context. Empty for real series."""


def save_series(series: Series) -> None:
    """Write what `load_splits`, `load_test` and `load_meta` read."""
    start, (_, validation_end, test_end) = np.zeros(len(series.ends), dtype=np.int64), series.ends.T
    development = series.panel.part(start, validation_end)
    write_arrays(paths.DEVELOPMENT, {**_arrays(development), "ends": series.ends})
    test = series.panel.part(validation_end, test_end)
    write_arrays(paths.TEST, {**_arrays(test), **{f"floor {name}": floor for name, floor in series.floors.items()}})
    write_json(paths.META, asdict(series.meta))


def _arrays(panel: Panel) -> dict[str, Any]:
    return {name: value for name, value in vars(panel).items() if name != "names" and value.size}


def _panel(arrays: dict[str, Any], names: list[str]) -> Panel:
    cells = len(arrays["values"])
    empty = {"past": np.empty((cells, 0)), "future": np.empty((cells, 0)), "static": np.empty((len(names), 0))}
    found = {**empty, **arrays}
    return Panel(names=names, **{name: found[name] for name in Panel.__dataclass_fields__ if name != "names"})


def load_meta() -> Meta:
    """Read the facts about the series."""
    return Meta.of(read_json(paths.META))


def load_development() -> tuple[Panel, IntArray]:
    """Train and validation steps, in own units, and the ends of the splits (S, 3)."""
    arrays = read_arrays(paths.DEVELOPMENT)
    return _panel(arrays, load_meta().series), arrays["ends"]


def load_test() -> tuple[Panel, dict[str, FloatArray]]:
    """Test steps and the floors' forecasts of them, as in `Series.floors`; in own units."""
    arrays = read_arrays(paths.TEST)
    floors = {name.removeprefix("floor "): value for name, value in arrays.items() if name.startswith("floor ")}
    return _panel(arrays, load_meta().series), floors


def load_splits(test: Panel | None = None) -> Splits:
    """The development steps, scaled on train; with the test steps behind them where these are handed over.

    Raises:
        InputError: A file is missing, damaged, or of another run.
    """
    meta, (development, ends) = load_meta(), load_development()
    fits = len(ends) == len(meta.series) == len(development.offsets) - 1
    fits = fits and (development.lengths == ends[:, 1]).all()
    if not fits or (test is not None and (len(test.offsets) != len(development.offsets)
                                          or (test.lengths != ends[:, 2] - ends[:, 1]).any())):  # fmt: skip
        raise InputError(f"{paths.DEVELOPMENT}, {paths.TEST} and {paths.META} are not of one run; run: dvc repro")
    return scale_splits(development if test is None else development.followed_by(test), ends, meta)


def scale_splits(
    panel: Panel, ends: IntArray, meta: Meta, scalers: tuple[Scaler, CovariateScaler] | None = None
) -> Splits:
    """A panel in own units, as far as it was opened, scaled on train, by its scalers where these are fitted already."""
    scaler, covariates = scalers or fit_scalers(panel, ends, meta)
    return Splits(
        scale_panel(panel, np.arange(len(panel)), scaler, covariates),
        ends,
        meta.context_length,
        meta.prediction_length,
        scaler,
        lower_bounds(meta.settings["lower"], scaler),
    )


def fit_scalers(panel: Panel, ends: IntArray, meta: Meta) -> tuple[Scaler, CovariateScaler]:
    """Scaling of series and covariates, from the train steps."""
    train = panel.part(np.zeros(len(ends), dtype=np.int64), ends[:, 0])
    return Scaler.fit(train, meta.settings["transform"]), CovariateScaler.fit(train, meta.numbers)


def scale_panel(panel: Panel, series: IntArray, scaler: Scaler, covariates: CovariateScaler) -> Panel:
    """A panel in scaled units; `series` are the numbers that its series have for the scaler."""
    scaled = covariates.scale(panel)
    return replace(scaled, values=scaler.scale(panel.values, series[panel.series_of_cells]))


def lower_bounds(lower: float | str, scaler: Scaler) -> FloatArray | None:
    """`data.lower` in the scaled units of each series (S,)."""
    if isinstance(lower, str):
        return None
    with np.errstate(all="ignore"):  # 0 or less has no logarithm, and bounds nothing
        scaled = scaler.scale(np.full(len(scaler.mean), float(lower)), np.arange(len(scaler.mean)))
    return np.where(np.isnan(scaled), -np.inf, scaled)
