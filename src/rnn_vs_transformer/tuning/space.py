"""What a search may try: the values of params.yaml, and always the current one among them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.settings.family.train import FitParams
from rnn_vs_transformer.settings.tune import RnnSpace, SharedSpace, TransformerSpace, TuneParams, TunePlan

Values = dict[str, Any]
"""By dotted key of params.yaml, as in `model.dropout`."""
SIZES: Final = ("transformer_width", "transformer_layers", "feedforward_width", "positional")
"""What the number of the Transformer's parameters depends on, besides the shell that both families share."""
DIRECT_ONLY: Final = {"model.linear_highway", "model.readout"}
"""Not tuned where decoding is autoregressive: these are of models that forecast all steps at once."""
PINNED: Final = {
    "model.rnn_width", "model.context_share", "model.patch_length", *DIRECT_ONLY, *(f"model.{name}" for name in SIZES),
}  # fmt: skip
"""Not tuned where parameters are the budget: the Transformer's size stays, and the RNN's width follows from it."""


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, even on the log scale."""

    low: float
    high: float


Space = dict[str, Range | list[Any]]
"""A range, or a list of choices, by dotted key."""


@dataclass(frozen=True)
class Search:
    """What the tuning of one family is told."""

    plan: TunePlan
    shared: SharedSpace
    own: RnnSpace | TransformerSpace
    transformer_size: Values | None
    """Where given and parameters are the budget, the size to which the RNN's width is matched."""


def search_of(family: str, params: TuneParams, transformer: FamilySettings) -> Search:
    """What the tuning of a family is told by params.yaml and by the given Transformer, whose size the RNN may match."""
    size = {name: getattr(transformer.model, name) for name in SIZES} if family == "rnn" else None
    own = params.rnn if family == "rnn" else params.transformer
    return Search(params.part(TunePlan), params.shared, own, size)


def search_space(current: FamilySettings, search: Search) -> Space:
    """All keys with more than one value to try."""
    rates, rate = search.shared.learning_rate, current.train.learning_rate
    space: Space = {"train.learning_rate": Range(min(rates.low, rate), max(rates.high, rate))}
    named = {**search.shared.model_dump(exclude={"learning_rate"}), **search.own.model_dump()}
    trained = FitParams.model_fields
    listed = {f"{'train' if name in trained else 'model'}.{name}": choices for name, choices in named.items()}
    fixed = PINNED if search.plan.budget == "parameters" else set()
    fixed = fixed | (DIRECT_ONLY if current.model.decoding == "autoregressive" else set())
    now = values_of(current, listed)
    tried = {key: list(dict.fromkeys([*choices, now[key]])) for key, choices in listed.items() if key not in fixed}
    return space | {key: choices for key, choices in tried.items() if len(choices) > 1}


def values_of(settings: FamilySettings, keys: Mapping[str, Any]) -> Values:
    """The settings under some dotted keys."""
    content = settings.content()
    return {key: content[key.partition(".")[0]][key.partition(".")[2]] for key in keys}


def with_stride(values: Values, current: FamilySettings) -> Values:
    """The values with the stride of their patches: the current one where the length is, else without overlap."""
    if (length := values.get("model.patch_length")) is None:
        return values
    stride = current.model.patch_stride if length == current.model.patch_length else length
    return {**values, "model.patch_stride": stride}
