"""Where the stages meet: every file that one stage writes and another reads, from the root of the project."""

from pathlib import Path

PARAMS = Path("params.yaml")

CHECKED = Path("data/checked.txt")
DEVELOPMENT = Path("data/development.safetensors")
"""Train and validation steps: all that training ever sees."""
TEST = Path("data/test.safetensors")
"""Test steps and the oracle's forecasts of them: opened by `evaluate` alone."""
META = Path("data/meta.json")

METRICS = Path("reports/metrics.json")
TIMINGS = Path("reports/timings.json")
FORECASTS = Path("reports/forecasts.csv")
FAR_FORECASTS = Path("reports/far_forecasts.csv")
"""The last horizon step of the first test windows, a row per step of the series, for `dvc plots`."""
HORIZON = Path("reports/horizon.csv")
CHANNELS = Path("reports/channels.csv")
SEEDS = Path("reports/seeds.csv")
"""Scores of each training run."""

INSPECT = Path("reports/inspect.json")
GRADIENTS = Path("reports/gradients.csv")
MEAN_GRADIENTS = Path("reports/gradients_mean.csv")
ATTRIBUTION = Path("reports/attribution.csv")
ATTENTION = Path("reports/attention.csv")
OCCLUSION_MAP = Path("reports/occlusion_map.csv")
LAG_RECOVERY = Path("reports/lag_recovery.csv")
COST = Path("reports/cost.json")
"""Like the next, differs from machine to machine and from run to run."""
COST_TABLE = Path("reports/cost.csv")

WORK = Path("reports/multiply_adds.csv")
"""Multiply-adds per window against the context length, which do not depend on the machine."""

PROBE = Path("reports/probe.json")
PROBE_TABLE = Path("reports/probe.csv")
"""Scores of each trial of the memory probe."""
RECALL = Path("reports/recall.csv")
"""Recovered per lag and model, mean over seeds, for `dvc plots`."""

CONVERGENCE = Path("reports/convergence.csv")
"""Epochs and steps of each seed to parts of the way to the best validation loss."""
CLAIMS = Path("reports/claims.json")
"""Verdicts on the textbook claims; some rest on times, so it differs from run to run."""
FIGURES = Path("reports/figures")


def weights(family: str, seed: int) -> Path:
    """Best weights of one training run."""
    return Path("models") / family / f"seed-{seed}.safetensors"


def history(family: str) -> Path:
    """Losses per seed and epoch."""
    return Path("reports/history") / f"{family}.csv"


def mean_history(family: str) -> Path:
    """Losses per epoch, mean over seeds, for `dvc plots`."""
    return Path("reports/history") / f"{family}_mean.csv"


def epoch_seconds(family: str) -> Path:
    """Wall-clock seconds per seed and epoch; differs from run to run."""
    return Path("reports/epoch_seconds") / f"{family}.csv"
