"""Where the stages meet: every file that one stage writes and another reads, from the root of the project."""

from pathlib import Path

PARAMS = Path("params.yaml")

CHECKED = Path("data/checked.txt")
DEVELOPMENT = Path("data/development.safetensors")
"""Train and validation steps: all that training ever sees."""
TEST = Path("data/test.safetensors")
"""Test steps and the oracle's forecasts of them: opened by `evaluate` and `compare_decoding` alone, which score."""
META = Path("data/meta.json")
SERIES = (META, DEVELOPMENT)
"""What training reads."""

METRICS = Path("reports/metrics.json")
BACKTEST = Path("reports/backtest.json")
DECODING = Path("reports/decoding.json")
DECODING_HORIZON = Path("reports/decoding.csv")
"""Test error per horizon step of both families with both ways of decoding."""
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
UNFINISHED = Path("models/unfinished")


TUNING = Path("reports/tuning.json")
"""What tuning tried, found and chose, for both families."""


def tuned(family: str) -> Path:
    """The settings that tuning chose, or those of params.yaml where nothing is tuned: what training follows."""
    return Path("models/tuned") / f"{family}.json"


def unfinished() -> Path:
    """The folder of what work under way has come to, by which it goes on after a kill; never declared.

    An experiment that DVC runs in a copy of the workspace loses the copy when it is killed, so the folder is always
    that of the workspace itself.
    """
    here = Path.cwd()
    for folder in here.parents:
        if folder.name == ".dvc" and here.relative_to(folder).parts[:2] == ("tmp", "exps"):
            return folder.parent / UNFINISHED
    return UNFINISHED


def unfinished_tuning(family: str, key: str) -> Path:
    """Finished runs of a tuning that has not come to its end; gone at the end."""
    return unfinished() / f"{family}-{key}.sqlite"


def checkpoint(label: str, identity: str) -> Path:
    """The state of one training run after an epoch; gone once its stage is done."""
    return unfinished() / f"{label}-{identity[:12]}.safetensors"


def tuning_runs(family: str) -> Path:
    """Every trial and every finalist of a family's tuning."""
    return Path("reports/tuning") / f"{family}.json"


def tuning_seconds(family: str) -> Path:
    """Training seconds of each trial; differs from run to run."""
    return Path("reports/tuning_seconds") / f"{family}.json"


def settings(family: str) -> Path:
    """The settings that the weights beside it were trained with."""
    return Path("models") / family / "settings.json"


def weights(family: str, seed: int) -> Path:
    """Best weights of one training run."""
    return Path("models") / family / f"seed-{seed}.safetensors"


def decoding_weights(family: str, seed: int) -> Path:
    """Best weights of one training run with the decoding that `model.decoding` does not name."""
    return Path("models/decoding") / family / f"seed-{seed}.safetensors"


def decoding_history(family: str) -> Path:
    """Losses per seed and epoch of those runs."""
    return Path("reports/history") / f"{family}_decoding.csv"


def history(family: str) -> Path:
    """Losses per seed and epoch."""
    return Path("reports/history") / f"{family}.csv"


def mean_history(family: str) -> Path:
    """Losses per epoch, mean over seeds, for `dvc plots`."""
    return Path("reports/history") / f"{family}_mean.csv"


def epoch_seconds(family: str) -> Path:
    """Wall-clock seconds per seed and epoch; differs from run to run."""
    return Path("reports/epoch_seconds") / f"{family}.csv"
