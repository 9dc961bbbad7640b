"""All that a forecast needs, in one folder: weights of every seed, settings, ridge, scalers, intervals, how to read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.scaling import CovariateScaler, Scaler
from rnn_vs_transformer.data.series import KNOWN, Meta
from rnn_vs_transformer.evaluation.ensemble import ENSEMBLE, MEMBERS
from rnn_vs_transformer.forecasting.choice import choose_forecaster
from rnn_vs_transformer.forecasting.origin import FOLDER, Origin
from rnn_vs_transformer.models.baselines import Ridge
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import Arrays, read_arrays, read_json, write_arrays, write_json
from rnn_vs_transformer.settings.family.families import FAMILIES, MODELS
from rnn_vs_transformer.settings.family.model import SharedModelParams

__all__ = ["FOLDER", "FORECASTERS", "Artifact", "load_artifact", "save_artifact", "weights_file"]
FORMAT: Final = 8
"""Raised with what the folder holds: 2 has model.decoding, and the settings of each family apart; 3 has weights of the
Transformer under other names; 4 has all forecasters, panels and covariates, and tells what it was made of; 5 has the
ensemble and quantiles; 6 has the errors of each fold; 7 has model.context_share; 8 has
model.seasonal_naive."""
MANIFEST: Final = "manifest.json"
TOLD: Final = ("seeds", "fold_mse", "accuracy", "levels", "ensemble", "levels_of")
"""What stands in the manifest as it is."""
NUMBERS: Final = "numbers.safetensors"
FORECASTERS: Final = ("last_value", "seasonal_naive", "ridge", "mlp", *FAMILIES, ENSEMBLE)
"""What can be asked to forecast, the simplest first."""


@dataclass(frozen=True)
class Artifact:
    """What lies in the folder, weights of the trained models apart; mappings are by forecaster."""

    meta: Meta
    """Of the series that the models were trained on, and how these were read."""
    models: Mapping[str, SharedModelParams]
    """Settings of the trained ones."""
    seeds: Mapping[str, int]
    fold_mse: Mapping[str, list[float]]
    """On each fold of validation, of the mean of a trained model's seeds, of the ensemble with weights from elsewhere
    (`with_ensemble`); in scaled units."""
    accuracy: Mapping[str, Mapping[str, float]]
    """On test: `mse` and `mae` in scaled units, `mase`, `skill`."""
    levels: list[float]
    """Nominal coverages of the intervals."""
    scaler: Scaler
    covariates: CovariateScaler
    ridge: Ridge
    ensemble: Mapping[str, float]
    """Weight of each member."""
    half_widths: Mapping[str, FloatArray]
    """(levels, S, H), in scaled units; infinite where validation was too short."""
    origin: Origin
    levels_of: Mapping[str, list[float]] = field(default_factory=dict)
    """Of the trained ones that forecast quantiles."""
    corrections: Mapping[str, FloatArray] = field(default_factory=dict)
    """Of these (levels, S, H), in scaled units, see `quantiles.corrections`."""

    @property
    def validation_mse(self) -> dict[str, float]:
        """Mean over the folds."""
        return {name: float(np.mean(errors)) for name, errors in self.fold_mse.items()}

    @property
    def best(self) -> str:
        """What forecasts by default, out of those with quantiles where some were trained with them."""
        asked = [name for name in FORECASTERS if name in self.levels_of] or FORECASTERS
        return choose_forecaster({name: self.fold_mse[name] for name in asked})

    def members(self, name: str) -> dict[str, float]:
        """What a forecaster is made of: itself, or the members of the ensemble, with their weights."""
        if name != ENSEMBLE:
            return {name: 1.0}
        return {member: weight for member, weight in self.ensemble.items() if weight}


def weights_file(folder: Path, family: str, seed: int) -> Path:
    """Weights of one seed within the folder."""
    return folder / family / f"seed-{seed}.safetensors"


def save_artifact(folder: Path, artifact: Artifact, weights: Mapping[str, list[Arrays]]) -> None:
    """Write the folder; the manifest comes last, so that a folder with one is whole."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for family, seeds in weights.items():
        for seed, arrays in enumerate(seeds):
            write_arrays(weights_file(folder, family, seed), arrays)
    scaler, ridge = artifact.scaler, asdict(artifact.ridge)
    numbers = {"scaler.mean": scaler.mean, "scaler.deviation": scaler.deviation, "ridge": ridge.pop("weights")}
    numbers |= {} if scaler.power is None else {"scaler.power": scaler.power}
    numbers |= {f"{part}.{known}": getattr(artifact.covariates, part)[known]
                for part in ("mean", "deviation") for known in KNOWN}  # fmt: skip
    numbers |= {f"half_widths.{name}": width for name, width in artifact.half_widths.items()}
    numbers |= {f"corrections.{name}": more for name, more in artifact.corrections.items()}
    write_arrays(folder / NUMBERS, numbers)
    manifest = {
        "meta": asdict(artifact.meta),
        "models": {family: model.model_dump() for family, model in artifact.models.items()},
        "ridge": ridge,
        "origin": asdict(artifact.origin),
        "best": artifact.best,  # for the report
        **{name: getattr(artifact, name) for name in TOLD},
    }
    write_json(folder / MANIFEST, {"format": FORMAT, **manifest})


def load_artifact(folder: Path) -> Artifact:
    """Read what `save_artifact` wrote.

    Raises:
        InputError: The folder holds no artifact, one of another version, or a damaged one.
    """
    if not (folder / MANIFEST).is_file():
        raise InputError(
            f"{folder} holds no forecaster ({MANIFEST} is missing); make one with dvc repro package, "
            "or name its folder with --artifact"
        )
    manifest = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict):
        raise InputError(f"{folder / MANIFEST} is damaged (it holds no table)")
    if manifest.get("format") != FORMAT:
        raise InputError(f"{folder} has format {manifest.get('format')}, this version reads format {FORMAT}")
    numbers = read_arrays(folder / NUMBERS)
    try:
        return _artifact(manifest, numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / MANIFEST} is damaged ({type(error).__name__}: {str(error)[:80]!r})") from None


def _artifact(manifest: dict[str, Any], numbers: Arrays) -> Artifact:
    meta = Meta.of(manifest["meta"])
    artifact = Artifact(
        meta=meta,
        models={family: kind.model_validate(manifest["models"][family]) for family, kind in MODELS.items()},
        seeds={family: int(manifest["seeds"][family]) for family in MODELS},
        fold_mse={name: [float(error) for error in manifest["fold_mse"][name]] for name in FORECASTERS},
        accuracy={name: manifest["accuracy"][name] for name in FORECASTERS},
        levels=manifest["levels"],
        scaler=Scaler(
            numbers["scaler.mean"], numbers["scaler.deviation"], meta.settings["transform"], numbers.get("scaler.power")
        ),
        covariates=CovariateScaler(
            *({known: numbers[f"{part}.{known}"] for known in KNOWN} for part in ("mean", "deviation"))
        ),
        ridge=Ridge(numbers["ridge"], **manifest["ridge"]),
        ensemble={member: float(manifest["ensemble"][member]) for member in MEMBERS},
        half_widths={name: numbers[f"half_widths.{name}"] for name in FORECASTERS},
        origin=Origin(**manifest["origin"]),
        levels_of=manifest["levels_of"],
        corrections={name: numbers[f"corrections.{name}"] for name in manifest["levels_of"]},
    )
    expected = (len(artifact.levels), len(meta.series), meta.prediction_length)
    for width in artifact.half_widths.values():
        if width.shape != expected:
            raise TypeError(f"intervals of shape {width.shape}")
    return artifact
