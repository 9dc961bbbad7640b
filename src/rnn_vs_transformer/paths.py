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
HORIZON = Path("reports/horizon.csv")
CHANNELS = Path("reports/channels.csv")
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
