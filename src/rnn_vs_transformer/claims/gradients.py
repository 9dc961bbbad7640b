"""Gradients: do they vanish on the way back through an RNN?"""

import math

from rnn_vs_transformer.claims.judge import Claim, Measured, Words, measured, say
from rnn_vs_transformer.evaluation.intervals import MeanInterval
from rnn_vs_transformer.results import Results

C1 = Words(
    "Before training, each step back multiplies the input gradient of the RNN by {factor:.2f}: over "
    "{context_length} steps it falls by {lost:.1f} powers of ten.",
    "训练前,每往回一步,RNN 的输入梯度乘以 {factor:.2f}:在 {context_length} 步上下降 {lost:.1f} 个数量级。",
)
C1_TRAINED = Words(
    " After training the factor is {factor:.2f} ({left:.1f} powers of ten).",
    "训练后该因子为 {factor:.2f}(下降 {left:.1f} 个数量级)。",
)
C1_NONE = Words(
    "No decay could be fitted; more seeds are needed.",
    "无法拟合衰减;需要更多种子。",
)


def find_vanishing(results: Results) -> Measured:
    """C1, from the fitted decay of the RNN's input gradient per step back, before training."""
    cell, length = results.settings["rnn"]["model"]["cell"], results.meta["context_length"]
    decays = results.inspect["gradients"][cell]
    decay, trained = decays.get("untrained"), decays.get("trained")
    if not decay or "decay_per_step_ci_low" not in decay:
        return measured(None, say(C1_NONE))
    keys = ("decay_per_step", "decay_per_step_ci_high", "decay_per_step_ci_low")
    lost, low, high = (-math.log10(decay[key]) * (length - 1) for key in keys)
    said = [say(C1, factor=decay["decay_per_step"], context_length=length, lost=lost)]
    if trained:
        factor = trained["decay_per_step"]
        said.append(say(C1_TRAINED, factor=factor, left=-math.log10(factor) * (length - 1)))
    return measured(MeanInterval(lost, low, high), *said)


CLAIMS = (
    Claim(
        name="C1",
        title=Words("Gradients of an RNN vanish over long sequences", "RNN 的梯度在长序列上消失"),
        measure=Words(
            "powers of ten by which the input gradient falls over the context before training, where learning starts",
            "训练前(学习的起点)输入梯度在整个上下文中下降的数量级",
        ),
        side="above",
        threshold=3.0,
        figure="reports/figures/gradients.png",
        find=find_vanishing,
    ),
)
