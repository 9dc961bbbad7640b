"""Where the stages meet: every file that one stage writes and another reads, from the root of the project."""

from pathlib import Path

PARAMS = Path("params.yaml")

CHECKED = Path("data/checked.txt")
DEVELOPMENT = Path("data/development.safetensors")
"""Train and validation steps: all that training ever sees."""
TEST = Path("data/test.safetensors")
"""Test steps and the floors' forecasts of them: opened by what scores alone."""
META = Path("data/meta.json")
SERIES = (META, DEVELOPMENT)
"""What training reads."""

METRICS = Path("reports/metrics.json")
SCORES = Path("reports/scores")
SEEDS = SCORES / "seeds.csv"
"""Scores of each training run."""
HORIZON = SCORES / "horizon.csv"
SERIES_SCORES = SCORES / "series.csv"
RANKS = SCORES / "ranks.csv"
KINDS = SCORES / "kinds.csv"
"""Of panels alone: mean ranks over series, and what each series is made of."""
FORECASTS = SCORES / "forecasts.csv"
RIDGE = SCORES / "ridge.json"
"""The form of ridge that validation chose."""
FAR_FORECASTS = SCORES / "far_forecasts.csv"
"""The last horizon step of the first test windows, a row per step of the series, for `dvc plots`."""

PROBE = Path("reports/probe.json")
PROBE_TABLE = Path("reports/memory/probe.csv")
"""Scores of each trial of the memory probe."""
RECALL = Path("reports/memory/recall.csv")
"""Recovered per lag and model, mean over seeds, for `dvc plots`."""

INSPECT = Path("reports/inspect.json")
INSPECTION = Path("reports/inspection")
GRADIENTS = INSPECTION / "gradients.csv"
MEAN_GRADIENTS = INSPECTION / "gradients_mean.csv"
ATTRIBUTION = INSPECTION / "attribution.csv"
ATTENTION = INSPECTION / "attention.csv"
OCCLUSION_MAP = INSPECTION / "occlusion_map.csv"
LAG_RECOVERY = INSPECTION / "lag_recovery.csv"
CONVERGENCE = INSPECTION / "convergence.csv"
"""Epochs and steps of each seed to parts of the way to the best validation loss."""

WORK = Path("reports/multiply_adds.csv")
"""Multiply-adds per window against the context length, which do not depend on the machine."""
TIMES = Path("reports/times")
"""What differs from machine to machine and from run to run; no stage declares it."""
COST = TIMES / "cost.json"
COST_TABLE = TIMES / "cost.csv"

FIGURES = Path("reports/figures")
STUDIES = Path("studies/results")
"""What the committed studies found, made apart from the pipeline."""
CLAIMS = Path("reports/claims.json")
"""Verdicts on the tutorial's claims; some rest on times."""
UNFINISHED = Path("models/unfinished")
PEERS = Path("models/peers")
"""Test forecasts from elsewhere; see `evaluation/peers.py`."""
TUTORIAL = "tutorial"
"""The recipe that is meant where none is named: model.* and train.* as they are."""


def family_settings(source: str, family: str) -> Path:
    """What a family is trained with: `given` in params.yaml, or `tuned`, with the trials that led to it."""
    return Path("models") / source / f"{family}.json"


def trained_settings(family: str, recipe: str = TUTORIAL) -> Path:
    """The settings that the weights beside it were trained with."""
    return models(family) / recipe / "settings.json"


def weights(family: str, seed: int, recipe: str = TUTORIAL, fold: int = 0) -> Path:
    """Best weights of one training run; of fold 0 they ship, those of the others help to choose."""
    folder = models(family) / recipe
    return (folder / f"fold-{fold}" if fold else folder) / f"seed-{seed}.safetensors"


def models(family: str) -> Path:
    """All weights of a family."""
    return Path("models") / family


def histories(family: str) -> Path:
    """All losses of a family."""
    return Path("reports/history") / family


def history(family: str, recipe: str = TUTORIAL, fold: int = 0) -> Path:
    """Losses per seed and epoch."""
    return histories(family) / (f"{recipe}_fold-{fold}.csv" if fold else f"{recipe}.csv")


def mean_history(family: str, recipe: str = TUTORIAL) -> Path:
    """Losses per epoch, mean over seeds, for `dvc plots`."""
    return histories(family) / f"{recipe}_mean.csv"


def times(family: str, recipe: str = TUTORIAL) -> Path:
    """Training seconds, memory and size of a family, and the machine."""
    return TIMES / f"{forecaster(family, recipe)}.json"


def epoch_times(family: str, recipe: str = TUTORIAL) -> Path:
    """Wall-clock seconds per seed and epoch."""
    return TIMES / f"{forecaster(family, recipe)}.csv"


def forecaster(family: str, recipe: str) -> str:
    """The name of a family trained with a recipe in tables and file names: that of the family for the tutorial's."""
    return family if recipe == TUTORIAL else f"{family}_{recipe}"


def tuning_times(family: str) -> Path:
    """Training seconds of each trial."""
    return TIMES / f"tuning_{family}.json"


def analysis(name: str) -> Path:
    """What one of the analyses in report.analyses found."""
    return Path("reports/analyses") / f"{name}.json"


def unfinished() -> Path:
    """The folder of what work under way has come to, by which it goes on after a kill; never declared.

    Always that of the workspace itself: a copy in which DVC runs an experiment is lost with it.
    """
    original = _original()
    return UNFINISHED if original is None else original / UNFINISHED


def in_a_copy() -> bool:
    """Whether this is a copy of the workspace in which DVC runs an experiment."""
    return _original() is not None


def _original() -> Path | None:
    """The workspace of which this is a copy."""
    here = Path.cwd()
    for folder in here.parents:
        if folder.name == ".dvc" and here.relative_to(folder).parts[:2] == ("tmp", "exps"):
            return folder.parent
    return None


def unfinished_tuning(family: str, key: str) -> Path:
    """The finished runs of a tuning."""
    return unfinished() / f"{family}-{key}.sqlite"


def checkpoint(label: str, identity: str) -> Path:
    """The state of one training run after an epoch; gone once its stage is done."""
    return unfinished() / f"{label}-{identity[:12]}.safetensors"
