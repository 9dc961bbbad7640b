"""What the probes show: memory, gradients, and where the models look."""

from collections.abc import Iterator
from typing import Final, get_args

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.reporting.charts import axis
from rnn_vs_transformer.reporting.charts.lines import Curve, Lines
from rnn_vs_transformer.reporting.charts.squares import Shades
from rnn_vs_transformer.reporting.figures.words import Texts, axis_word, name_of, titled
from rnn_vs_transformer.reporting.tables import Cell, Table, number
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.model import Cell as RecurrentCell

CELLS: Final = get_args(RecurrentCell)
MODELS: Final = (*CELLS, "transformer")
ROWS, COLUMNS = 24, 48
"""Most squares of a map of lags."""


def recall(texts: Texts, results: Results) -> Iterator[Lines]:
    """Share recovered by lag, mean over seeds with 95 % intervals; nothing on a user's own series."""
    trials = results.trials[results.trials["task"] == "recall"]
    if trials.empty or results.meta.source != "synthetic":
        return
    curves = []
    for model in filter(set(trials["model"]).__contains__, MODELS):
        lags = trials[trials["model"] == model].groupby("lag")["recovered"]
        found = [mean_interval(shares.to_numpy()) for _, shares in lags]
        mean, low, high = ([float(getattr(one, end)) for one in found] for end in ("estimate", "low", "high"))
        curves.append(Curve(texts["cells"][model], model, [int(lag) for lag in lags.groups], mean, low, high))
    lengths = sorted(int(lag) for lag in trials["lag"].unique())
    yield Lines(
        **titled(texts, "recall"),
        x=axis.logarithmic(axis_word(texts, "lag"), lengths, lengths),
        y=axis.Axis(axis_word(texts, "recovered"), -0.1, 1.1, [0, 0.5, 1]),
        curves=curves,
        references=[0.5],
        form=".2f",
    )


def gradients(texts: Texts, results: Results) -> Iterator[Lines]:
    """Norm of the input gradient by steps back, before and after training."""
    table = results.gradients
    scale = axis.logarithmic(axis_word(texts, "gradient"), table["norm"][table["norm"] > 1e-12 * table["norm"].max()])
    for stage in ("untrained", "trained"):
        some = table[table["stage"] == stage]
        curves = [
            Curve(texts["cells"][model], model, *(one[key].tolist() for key in ("steps_back", "norm", "norm_low",
                                                                                "norm_high")))
            for model in MODELS if not (one := some[some["model"] == model]).empty
        ]  # fmt: skip
        if curves:
            words = {**titled(texts, "gradients", stage=texts["stages"][stage]), "name": f"gradients_{stage}"}
            back = axis.steps(axis_word(texts, "steps_back"), some["steps_back"])
            yield Lines(**words, x=back, y=scale, curves=curves, form=".2g")


def lag_maps(texts: Texts, results: Results) -> Iterator[Shades]:
    """Which past steps matter for which horizon step, per family; the line is where the truth lies."""
    delay = results.inspection.get("lag_recovery", {}).get("delay")
    for family in FAMILIES:
        names = [family, *CELLS] if family == "rnn" else [family]
        rows = results.occlusion[results.occlusion["model"].isin(names)]
        grid = rows.pivot_table(index="horizon_step", columns="steps_back", values="importance")
        shares = grid.clip(lower=0).to_numpy() / max(float(grid.to_numpy().max()), 1e-12)
        values, (wide, high) = _pooled(shares)
        line = [(x / wide, y / high) for y in range(grid.shape[0]) if 0 <= (x := delay - y - 1) < grid.shape[1]] \
            if isinstance(delay, int) else []  # fmt: skip
        past = grid.mean().sort_values(ascending=False).head(8)
        told = [
            [Cell(f"{back}", back), number(value, ".3g")]
            for back, value in zip(past.index.tolist(), past.tolist(), strict=True)
        ]
        yield Shades(
            **{**titled(texts, "lag_maps", family=name_of(texts, family)), "name": f"lag_maps_{family}"},
            x=axis.steps(axis_word(texts, "steps_back"), [0, grid.shape[1] - 1]),
            y=axis.steps(axis_word(texts, "horizon_step"), [1, grid.shape[0]]),
            values=np.sqrt(values).tolist(),
            look=family,
            line=line,
            table=Table([axis_word(texts, "steps_back"), axis_word(texts, "importance")], told),
        )


def _pooled(values: FloatArray) -> tuple[FloatArray, tuple[int, int]]:
    """At most so many rows and columns, each the highest of those it stands for; and how many these are."""
    rows, columns = values.shape
    high, wide = -(-rows // ROWS), -(-columns // COLUMNS)
    starts = np.arange(0, rows, high), np.arange(0, columns, wide)
    pooled = np.maximum.reduceat(np.maximum.reduceat(values, starts[0], axis=0), starts[1], axis=1)
    return pooled, (wide, high)
