"""The width at which an RNN has as many parameters as the Transformer."""

from typing import Final

import torch

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.models.size import parameter_count
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.settings.family.model import SharedModelParams, TransformerModelParams
from rnn_vs_transformer.tuning.space import Values

TOLERANCE: Final = 0.02
"""Greatest relative difference of the parameter counts."""


def transformer_parameters(size: Values, settings: FamilySettings, meta: Meta) -> int:
    """Parameters of a Transformer of this size in the shell of the given model."""
    shared = settings.model.part(SharedModelParams).model_dump()
    return _count("transformer", TransformerModelParams(**shared, **size, heads=1), meta, settings.train.levels)


def matching_width(settings: FamilySettings, target: int, meta: Meta) -> int:
    """The rnn_width whose parameters, with this cell and so many layers, are nearest to the target.

    Raises:
        InputError: Not even the nearest is within 2 %.
    """

    def count(width: int) -> int:
        return _count("rnn", settings.with_values({"model.rnn_width": width}).model, meta, settings.train.levels)

    above = 1
    while count(above) < target:
        above *= 2
    below = above // 2
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if count(middle) < target else (below, middle)
    width = min((width for width in (below, above) if width), key=lambda width: abs(count(width) - target))
    found = count(width)
    if abs(found / target - 1) > TOLERANCE:
        content = settings.content()["model"]
        raise InputError(
            f"tune.budget: parameters: no width brings {content['rnn_layers']} layer(s) of {content['cell']} within "
            f"2 % of the Transformer's {target} parameters (nearest: {found} at width {width}); take a larger "
            "Transformer, or leave that cell or number of layers out of tune.rnn"
        )
    return width


def _count(family: str, model: SharedModelParams, meta: Meta, levels: tuple[float, ...]) -> int:
    with torch.device("meta"):  # shapes only
        return parameter_count(build_family(family, model, meta, levels))
