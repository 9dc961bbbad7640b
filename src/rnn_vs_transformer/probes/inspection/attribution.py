"""Where a trained model looks: occlusion of one step at a time, and the Transformer's attention.

Occlusion (Zeiler and Fergus 2014): the value k steps back is replaced by that of another window at the same place, and
the importance of step k for horizon step h is by how much the squared error of h rises.

Attention: the weights that the queries behind the forecast give to the tokens of the context in the last layer, mean
over those queries: the last token's one; with `readout: segments` one per segment; where the decoding is autoregressive
the cross-attention of the decoder, one query per horizon step. They are read beside occlusion, not instead of it: below
the last layer tokens have already been mixed, so a weight on token k is not all about step k (Jain and Wallace 2019).
"""

from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from rnn_vs_transformer.data.windows import Batch
from rnn_vs_transformer.models.attention_decoder import AttentionDecoder
from rnn_vs_transformer.models.encoder_decoder import EncoderDecoder
from rnn_vs_transformer.models.layers import Attention
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.transformer import EncoderLayer, SelfAttention
from rnn_vs_transformer.probes.inspection.subjects import FloatArray, Importance, long_table, pieces


def occlude(forecaster: nn.Module, sample: Batch, donors: Tensor) -> FloatArray:
    """Rise of the squared error where the value k steps back comes from another window.

    The donor has the same marginal distribution at each step, so the model meets values of a familiar size; what is
    destroyed is their tie to the rest of the window.

    Args:
        forecaster: Maps contexts (B, L) to forecasts (B, H), in evaluation mode.
        sample: Windows (N,).
        donors: For each window, the one whose values it gets (N,).

    Returns:
        Mean over windows (H, L), the forecast origin first. Negative where the model does better without.
    """
    length = sample.context.shape[1]
    intact = _squared_errors(forecaster, sample)  # (H,)
    rises = []
    for steps_back in range(length):
        context = sample.context.clone()
        context[:, length - 1 - steps_back] = sample.context[donors, length - 1 - steps_back]
        rises.append(_squared_errors(forecaster, sample._replace(context=context)) - intact)
    return np.asarray(torch.stack(rises, dim=1))


def draw_donors(series: Tensor, seed: int) -> Tensor:
    """For windows of the given series (N,), N >= 2, random others of the same series (N,); each lends once.

    Where a series has one window only, as in a panel of many series, all windows lend to each other: values are
    z-scored per series, so that a stranger's are still of a familiar size.
    """
    draw = np.random.default_rng(seed)
    groups = [torch.nonzero(series == one).flatten() for one in torch.unique(series)]
    if min(len(group) for group in groups) == 1:
        groups = [torch.arange(len(series))]
    donors = torch.empty_like(series)
    for group in groups:
        order = group[torch.from_numpy(draw.permutation(len(group)))]
        donors[order] = order.roll(1)
    return donors


def _squared_errors(forecaster: nn.Module, sample: Batch) -> Tensor:
    """Mean squared error per horizon step (H,), in float64."""
    with torch.no_grad():
        forecasts = torch.cat([forecaster(*some.inputs) for some in pieces(sample)])
    return (forecasts - sample.target).double().square().mean(dim=0)


def attention_profile(forecaster: ForecastModel, sample: Batch) -> FloatArray:
    """Attention of the queries behind a Transformer's forecast over the steps of the context, in the last layer.

    With `readout: flatten` it is that of the last token, though all are read. The weight of a patch is shared out
    evenly to its steps; where patches overlap, a step gets from each.

    Returns:
        Mean over windows and queries (heads, L), the forecast origin first; each head sums to 1.

    Raises:
        TypeError: The forecaster has another mixer.
    """
    if not isinstance(forecaster.mixer, SelfAttention):
        raise TypeError(f"expected a Transformer, got a mixer {type(forecaster.mixer).__name__}")
    decoder = forecaster.decoder if isinstance(forecaster, EncoderDecoder) else None
    layer = forecaster.mixer.layers[-1]
    asking = decoder.layers[-1].cross_attention if isinstance(decoder, AttentionDecoder) else layer
    sums: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if isinstance(module, EncoderLayer):
            weights = encoder_attention(module, inputs[0], max(1, inputs[0].shape[1] - forecaster.tokens))
        else:
            tokens, key, _, first, _ = inputs
            weights = attention_weights(cast("Attention", module), tokens, key, first)
        sums.append(weights.double().sum(dim=(0, 2)))

    with cast("nn.Module", asking).register_forward_pre_hook(keep), torch.no_grad():
        for some in pieces(sample):
            forecaster(*some.inputs)
    over_tokens = torch.stack(sums).sum(dim=0)[:, : forecaster.tokens]  # (heads, T), without queries of segments
    return _to_steps(over_tokens / over_tokens.sum(dim=1, keepdim=True), forecaster, sample.context.shape[1])


def encoder_attention(layer: EncoderLayer, tokens: Tensor, asked: int) -> Tensor:
    """Weights (B, heads, asked, T) that the last `asked` of the tokens (B, T, D) give to all in an encoder layer."""
    normed = layer.attention_norm(tokens)
    key, _ = layer.attention.keys_and_values(normed, 0)
    return attention_weights(layer.attention, normed[:, -asked:], key, tokens.shape[1] - asked)


def attention_weights(attention: Attention, tokens: Tensor, key: Tensor, first: int) -> Tensor:
    """softmax(Q K' / sqrt(D/heads)), (B, heads, n, K), with the module's own projections.

    The tokens (B, n, D), normed as the layer does, ask from the position `first` on; keys are (B, heads, K, D/heads).
    """
    weights: Tensor = (attention.queries(tokens, first) @ key.transpose(-1, -2) / key.shape[-1] ** 0.5).softmax(dim=-1)
    return weights


def _to_steps(over_tokens: Tensor, forecaster: ForecastModel, length: int) -> FloatArray:
    """Share the weights of patches (heads, T) out to their steps (heads, L), and turn the newest to the front."""
    steps = over_tokens.new_zeros(len(over_tokens), length)
    for token, weights in enumerate(over_tokens.unbind(dim=1)):
        start = forecaster.unused_steps + token * forecaster.patch_stride
        steps[:, start : start + forecaster.patch_length] += weights[:, None] / forecaster.patch_length
    return np.asarray(steps.flip(1))


def profile_table(occlusions: list[Importance]) -> pd.DataFrame:
    """Columns model, seed, steps_back, occlusion: the rise of the MSE over all horizon steps."""
    profiles = {(found.model, found.seed): found.profile for found in occlusions}
    return long_table(profiles, ["model", "seed", "steps_back", "occlusion"])


def map_table(occlusions: list[Importance]) -> pd.DataFrame:
    """Columns model, horizon_step, steps_back, importance: mean over seeds."""
    maps: dict[str, list[FloatArray]] = {}
    for found in occlusions:
        maps.setdefault(found.model, []).append(found.per_step)
    rows = {(name, step): row for name, seeds in maps.items() for step, row in enumerate(np.mean(seeds, axis=0), 1)}
    return long_table(rows, ["model", "horizon_step", "steps_back", "importance"])


def attention_table(attentions: list[Importance]) -> pd.DataFrame:
    """Columns seed, head (from 1), steps_back, attention: mean over windows."""
    rows = {(found.seed, head): row for found in attentions for head, row in enumerate(found.per_step, 1)}
    return long_table(rows, ["seed", "head", "steps_back", "attention"])
