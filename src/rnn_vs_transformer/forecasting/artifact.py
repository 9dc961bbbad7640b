"""All that a forecast needs, in one folder: weights of every seed, settings, scaler, intervals, the series' schema."""

from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Final

from pydantic import InstanceOf, PositiveInt, SerializeAsAny, TypeAdapter
from pydantic.dataclasses import dataclass

from rnn_vs_transformer.data.splits import FloatArray, Scaler
from rnn_vs_transformer.forecasting.origin import FOLDER, Origin
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import Arrays, read_arrays, read_json, write_arrays, write_json
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.model import SharedModelParams

__all__ = ["FOLDER", "Artifact", "Schema", "load_artifact", "save_artifact", "weights_file"]
FORMAT: Final = 4
"""Raised with what the folder holds: 2 has model.decoding, and the settings of each family apart; 3 has weights of the
Transformer under other names; 4 tells what it was made of."""
MANIFEST: Final = "manifest.json"
NUMBERS: Final = "numbers.safetensors"


@dataclass(frozen=True)
class Schema:
    """The series that the models were trained on."""

    channels: list[str]
    time_column: str | None
    frequency: str | None
    context_length: int
    prediction_length: int


@dataclass(frozen=True)
class Artifact:
    """What lies in the folder, weights apart; settings, losses and half widths by family."""

    schema: Schema
    models: dict[str, SerializeAsAny[SharedModelParams]]
    seeds: PositiveInt
    validation_mse: dict[str, float]
    levels: list[float]
    """Nominal coverages of the intervals."""
    scaler: InstanceOf[Scaler]
    half_widths: dict[str, InstanceOf[FloatArray]]
    """(levels, C, H), in scaled units."""
    origin: Origin = field(default_factory=lambda: Origin({}, {}))

    @property
    def winner(self) -> str:
        """The family with the least validation loss."""
        return min(self.validation_mse, key=lambda family: self.validation_mse[family])


def weights_file(folder: Path, family: str, seed: int) -> Path:
    """Weights of one seed within the folder."""
    return folder / family / f"seed-{seed}.safetensors"


def save_artifact(folder: Path, artifact: Artifact, weights: dict[str, list[Arrays]]) -> None:
    """Write the folder; the manifest comes last, so that a folder with one is whole."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for family, seeds in weights.items():
        for seed, arrays in enumerate(seeds):
            write_arrays(weights_file(folder, family, seed), arrays)
    widths = {f"half_widths.{family}": width for family, width in artifact.half_widths.items()}
    write_arrays(folder / NUMBERS, {**asdict(artifact.scaler), **widths})
    manifest = TypeAdapter(Artifact).dump_python(artifact, exclude={"scaler", "half_widths"})
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
    artifact = Artifact(
        schema=Schema(**manifest["schema"]),
        models={family: kind.model_validate(manifest["models"][family]) for family, kind in FAMILIES.items()},
        seeds=manifest["seeds"],
        validation_mse={family: manifest["validation_mse"][family] for family in FAMILIES},
        levels=manifest["levels"],
        scaler=Scaler(numbers["mean"], numbers["deviation"]),
        half_widths={family: numbers[f"half_widths.{family}"] for family in FAMILIES},
        origin=Origin(**manifest["origin"]),
    )
    expected = (len(artifact.levels), len(artifact.schema.channels), artifact.schema.prediction_length)
    for width in artifact.half_widths.values():
        if width.shape != expected:
            raise TypeError(f"intervals of shape {width.shape}")
    return artifact
