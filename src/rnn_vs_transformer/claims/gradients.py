"""Claims on gradients."""

import math
from typing import Final

from rnn_vs_transformer.claims.claim import Claim, Measured, Words
from rnn_vs_transformer.claims.studies import from_study
from rnn_vs_transformer.evaluation.intervals import Estimate
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.model import RnnModelParams

DECAY: Final = Words(
    "Before training, each step back multiplies the input gradient of the RNN by {factor:.2f}: over {context_length} "
    "steps it falls by {lost:.1f} powers of ten.",
    "训练前，每往回一步，RNN 的输入梯度乘以 {factor:.2f}：在 {context_length} 步上下降 {lost:.1f} 个数量级。",
)
TRAINED: Final = Words(
    " After training the factor is {factor:.2f} ({left:.1f} powers of ten).",
    "训练后该因子为 {factor:.2f}（下降 {left:.1f} 个数量级）。",
)
NO_DECAY: Final = Words("No decay could be fitted; more seeds are needed.", "无法拟合衰减；需要更多种子。")


def vanishing_gradients(results: Results) -> Measured:
    """From the fitted decay of the RNN's input gradient per step back, before training."""
    model = RnnModelParams.model_construct(**results.settings["rnn"]["model"])
    context_length = model.steps_read(results.meta.context_length)
    stages = results.inspection["gradients"][model.cell]
    decay = stages.get("untrained")
    if not decay or "decay_per_step_ci_low" not in decay:
        return Measured(sentence=NO_DECAY)

    def powers_of_ten(factor: float) -> float:
        return -math.log10(factor) * float(context_length - 1)

    keys = ("decay_per_step", "decay_per_step_ci_high", "decay_per_step_ci_low")
    lost, low, high = (powers_of_ten(decay[key]) for key in keys)
    told = DECAY.filled(factor=decay["decay_per_step"], context_length=context_length, lost=lost)
    if stages.get("trained"):
        factor = stages["trained"]["decay_per_step"]
        told += TRAINED.filled(factor=factor, left=powers_of_ten(factor))
    return Measured([Estimate(lost, low, high)], told)


VANISHING_GRADIENTS: Final = Claim(
    group="gradients",
    of_the_series=True,
    title=Words("Gradients of an RNN vanish over long sequences", "RNN 的梯度在长序列上消失"),
    measure=Words(
        "powers of ten by which the input gradient falls over the context (96 steps in the study) before training, "
        "where learning starts",
        "训练前（学习的起点）输入梯度在整个上下文（研究中为 96 步）中下降的数量级",
    ),
    side="above",
    threshold=3.0,
    columns={  # with a season per token a context is too few tokens to be a long sequence
        "as_set_up": vanishing_gradients,
        "across_worlds": from_study("probes", "gradient_decay.rnn.untrained"),
    },
    figure="gradients",
)

EXPLODING_GRADIENTS: Final = Claim(
    group="gradients",
    title=Words("Gradients of an RNN explode", "RNN 的梯度爆炸"),
    measure=Words(
        "share of the RNN's training runs that diverge without clipping, over context lengths and learning rates",
        "不裁剪梯度时，RNN 训练发散的比例，涵盖各上下文长度和学习率",
    ),
    side="above",
    threshold=0.1,
    columns={  # every run of the pipeline clips
        "across_worlds": from_study("probes", "diverged.rnn.unclipped"),
    },
)
