"""How soon each family comes near the best validation loss: epochs, steps and seconds, per seed.

The way goes from the seasonal naive's validation loss down to the best that any seed of any family reached. A seed that
stops before a given fraction of that way is censored: it needed more than the epochs that it ran.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.series import load_development, load_meta
from rnn_vs_transformer.data.splits import Scaler, forecast_origins
from rnn_vs_transformer.models.baselines import seasonal_naive_forecast
from rnn_vs_transformer.runtime import paths

FRACTIONS = (0.5, 0.9, 0.95, 0.99)
COLUMNS = ("family", "seed", "fraction", "target_loss", "reached", "epochs", "steps", "seconds")


def time_to_fractions(
    history: pd.DataFrame, start: float, best: float, steps_per_epoch: int, fractions: Sequence[float] = FRACTIONS
) -> pd.DataFrame:
    """First epoch of each seed in which the validation loss is at or below each target.

    Args:
        history: Columns family, seed, epoch, validation_loss, seconds; seconds may be missing (nan).
        start: Loss at fraction 0.
        best: Loss at fraction 1.
        steps_per_epoch: Optimiser steps per epoch.
        fractions: Parts of the way.

    Returns:
        Columns family, seed, fraction, target_loss, reached, epochs, steps, seconds. Where `reached` is false the three
        are lower bounds: what the seed spent without getting there.

    Raises:
        ValueError: The start is not above the best.
    """
    if start <= best:
        raise ValueError(f"expected a start above the best loss ({best}), got {start}")
    rows = []
    for (family, seed), run in history.groupby(["family", "seed"]):
        for fraction in fractions:
            target = start + fraction * (best - start)
            below = run.loc[run["validation_loss"] <= target + 1e-12, "epoch"]
            epochs = int(below.iloc[0]) if len(below) else int(run["epoch"].max())
            rows.append(
                {
                    "family": family,
                    "seed": seed,
                    "fraction": fraction,
                    "target_loss": target,
                    "reached": bool(len(below)),
                    "epochs": epochs,
                    "steps": epochs * steps_per_epoch,
                    "seconds": run.loc[run["epoch"] <= epochs, "seconds"].sum(min_count=1),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read_histories(families: Sequence[str], timed: Sequence[str]) -> pd.DataFrame:
    """Loss histories of all families; seconds only of those whose times belong to this run."""
    tables = []
    for family in families:
        table = pd.read_csv(paths.history(family))
        if family in timed:
            table = table.merge(pd.read_csv(paths.epoch_seconds(family)), on=["seed", "epoch"], how="left")
        else:
            table["seconds"] = np.nan
        tables.append(table.assign(family=family))
    return pd.concat(tables, ignore_index=True)


def seasonal_naive_validation_loss() -> float:
    """MSE of the seasonal naive forecast on the validation windows, in scaled units."""
    meta, values = load_meta(), load_development()
    scaled = Scaler.fit(values[: meta.borders.train_end], meta.channels).scale(values)
    horizon = meta.prediction_length
    origins = forecast_origins(meta.borders.train_end, meta.borders.validation_end, meta.context_length, horizon)
    truth = scaled[origins[:, None] + np.arange(1, horizon + 1)].transpose(2, 0, 1)
    return float(np.mean(np.square(seasonal_naive_forecast(scaled, origins, horizon, meta.season_length) - truth)))


def steps_per_epoch(batch_size: int) -> int:
    """Optimiser steps of one pass over the training windows."""
    meta = load_meta()
    origins = forecast_origins(0, meta.borders.train_end, meta.context_length, meta.prediction_length)
    return -(-len(origins) * len(meta.channels) // batch_size)
