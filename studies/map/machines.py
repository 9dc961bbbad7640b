"""What the map costs on many machines: `python -m studies.map.machines 1000 100 2`, of worlds, machines, cores of each.

It is calculated from the seconds that each training took. What is not recorded is left out: baselines and floors,
scoring, the start of workers, and the way of the files.
"""

import heapq
import sys
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray

RUNS: Final = Path("studies/map/runs")
WORLD: Final = ["case", "steps", "context_length", "draw"]


def cost_of(runs: pd.DataFrame, worlds: int, cores: int) -> dict[str, float]:
    """Core-hours and minutes of so many worlds, each training as often as in proportion; one takes one core.

    Args:
        runs: The map's table; a world is a series of one case, length, context and draw.
        worlds: How many are asked for.
        cores: How many there are, on all machines together.

    Returns:
        `core_hours`; `minutes` with all cases at once; `least_minutes`, below which no order can come; and
        `minutes_case_by_case`, as `make map` runs them.
    """
    trained, share = runs.dropna(subset="seconds"), worlds / len(runs.drop_duplicates(WORLD))
    tasks = in_proportion(trained["seconds"].to_numpy(), share)
    each = [in_proportion(some.to_numpy(), share) for _, some in trained.groupby("case")["seconds"]]
    return {
        "core_hours": float(trained["seconds"].sum() * share / 3600),
        "minutes": seconds_on(tasks, cores) / 60,
        "least_minutes": max(float(tasks.max()), float(tasks.sum()) / cores) / 60,
        "minutes_case_by_case": sum(seconds_on(some, cores) for some in each) / 60,
    }


def in_proportion(seconds: FloatArray, share: float) -> FloatArray:
    """The longest first, `share` times as many, so that each comes as often as another, or once more.

    >>> in_proportion(np.array([1.0, 3.0]), 1.5).tolist()
    [3.0, 3.0, 1.0]
    """
    count = round(len(seconds) * share)
    return np.sort(seconds)[::-1][np.arange(count) * len(seconds) // count]


def seconds_on(tasks: FloatArray, cores: int) -> float:
    """Until the last one ends, where a core that is free takes the next.

    With the longest first it is never above 4/3 of what the best order takes (Graham 1969).

    >>> seconds_on(np.array([3.0, 2.0, 2.0]), cores=2)
    4.0
    """
    ends = [0.0] * cores
    for seconds in tasks:
        heapq.heapreplace(ends, ends[0] + float(seconds))
    return max(ends)


if __name__ == "__main__":
    asked, machines, cores_each = map(int, sys.argv[1:])
    found = cost_of(pd.concat(map(pd.read_csv, sorted(RUNS.glob("*.csv")))), asked, machines * cores_each)
    for name, value in found.items():
        sys.stdout.write(f"{name} {value:.1f}\n")
