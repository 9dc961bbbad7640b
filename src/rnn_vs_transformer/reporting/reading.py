"""What was read, and how each series fared: the parts of the report on a user's own data."""

from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.reporting.sections import Texts
from rnn_vs_transformer.reporting.tables import Table, cell, number
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

TOLD_SERIES: Final = 100
"""So many series are in the table: the best and the worst. All are in reports/scores/series.csv."""
TOLD_FORECASTERS: Final = (*FAMILIES, "ensemble", "mlp", "ridge", "seasonal_naive", "last_value")


def reading_table(texts: Texts, meta: Meta) -> Table:
    """The columns of the file, and the role that each got and why."""
    rows = [[cell(column["name"]), cell(column["role"]), cell(column["why"])] for column in meta.columns]
    return Table(texts["reading"]["columns"], rows, words=(0, 1, 2))


def reading_sentences(texts: Texts, meta: Meta) -> list[str]:
    """Series, spacing, season, and what was filled, left out and never scored."""
    words, settings = texts["reading"], meta.settings
    told: dict[str, Any] = {
        "file": settings["file"],
        "series": len(meta.series),
        "spacing": meta.axis.frequency or texts["unknown"],
        "first": (meta.axis.first or texts["unknown"]).removesuffix(" 00:00:00"),
        "season": meta.season_length,
        "transform": settings["transform"],
    }
    said = [words["found"].format(**told)]
    if settings["transform"] != "none":
        said.append(words["transform"].format(**told))
    if filled := sum(meta.filled_cells.values()):
        lost = {f"lost_{split}": count for split, count in meta.windows_left_out.items()}
        said.append(words["filled"].format(filled=filled, windows=meta.windows["test"], **lost))
    if meta.left_out:
        said.append(words["left_out"].format(count=len(meta.left_out)))
    return [*said, *meta.notes]


def series_table(texts: Texts, results: Results) -> Table:
    """Headings and rows of the errors per series: MASE of each forecaster, and MAE of the families in own units."""
    mase = _by_forecaster(results.series, "mase")
    own = _by_forecaster(results.series, "mae_in_units")
    told = [name for name in TOLD_FORECASTERS if name in mase]
    order = np.argsort(mase[list(FAMILIES)].mean(axis=1).to_numpy(), kind="stable")
    half = TOLD_SERIES // 2
    some = order if len(order) <= TOLD_SERIES else np.concatenate([order[:half], order[-half:]])
    rows = [
        [
            cell(mase.index[place]),
            *(number(float(mase[name].iloc[place]), ".3f") for name in told),
            *(number(float(own[family].iloc[place]), ".4g") for family in FAMILIES),
        ]
        for place in some
    ]
    words = texts["per_series"]
    names = [texts["names"][name] for name in told]
    units = [words["in_units"].format(name=texts["names"][family]) for family in FAMILIES]
    return Table([words["series"], *names, *units], rows)


def _by_forecaster(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row per series, in order, and a column per forecaster."""
    wide = table.set_index(["series", "forecaster"])[column].unstack()  # noqa: PD010 - there is nothing to aggregate
    return wide.reindex(table["series"].unique())
