"""The results as Markdown tables, for the README and other pages."""

from collections.abc import Mapping
from typing import Any

from rnn_vs_transformer.results import LABELS
from rnn_vs_transformer.settings.family.families import FAMILIES

ORDER = ("transformer", "rnn", "ridge", "seasonal_naive", "last_value", "oracle")
CLAIM_MARKS = {"supported": "✔ supported", "refuted": "✘ refuted"}


def comparison_table(metrics: Mapping[str, Any], timings: Mapping[str, Any]) -> str:
    """Families, baselines and oracle, one row each, from reports/metrics.json and the times by family."""
    titles = ("forecaster", "test MSE (95 % interval)", "MAE", "MASE", "skill", "excess", "parameters",
              "multiply-adds per window", "training s per seed", "peak MiB")  # fmt: skip
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for name in ORDER:
        if name not in metrics:
            continue
        row, cost = metrics[name], timings.get(name)
        mse = f"{row['mse']:.3f}"
        if "mse_ci_low" in row:
            mse += f" ({row['mse_ci_low']:.3f} to {row['mse_ci_high']:.3f})"
        excess = f"{row['excess']:.2f}" if "excess" in row else ""
        scores = (LABELS[name], mse, f"{row['mae']:.3f}", f"{row['mase']:.3f}", f"{row['skill']:.3f}", excess)
        costs = ("", "", "", "")
        if cost:
            work = f"{cost['multiply_adds_per_window'] / 1e6:.2f} M"
            seconds, memory = f"{cost['train_seconds']:.0f}", f"{cost['peak_mebibytes']:.0f}"
            costs = (f"{cost['parameters']:,}", work, seconds, memory)
        lines.append("| " + " | ".join((*scores, *costs)) + " |")
    return "\n".join(lines)


def verdict_sentence(comparison: Mapping[str, Any]) -> str:
    """The verdict in one sentence, with its interval."""
    difference, low, high = (100 * comparison[key] for key in ("relative_mse_difference", "ci_low", "ci_high"))
    detectable = 100 * comparison["minimum_detectable_effect"]
    return (
        f"Verdict: **{comparison['verdict']}**. The Transformer's test MSE is {abs(difference):.0f} % "
        f"{'below' if difference < 0 else 'above'} the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %; "
        f"smallest difference this experiment would detect: {detectable:.0f} %)."
    )


def ridge_sentence(metrics: Mapping[str, Any]) -> str:
    """Each family's error against that of a linear forecast, with its interval."""
    told = [
        f"{LABELS[family]} {difference:+.0f} % ({low:+.0f} % to {high:+.0f} %)"
        for family, (difference, low, high) in ridge_percents(metrics).items()
    ]
    return f"Test MSE against a linear ridge, with 95 % intervals: {', '.join(told)}."


def ridge_percents(metrics: Mapping[str, Any]) -> dict[str, list[float]]:
    """Each family's difference from ridge and the ends of its interval, in per cent."""
    ends = ("", "_ci_low", "_ci_high")
    return {family: [100 * metrics[family][f"ridge_difference{end}"] for end in ends] for family in FAMILIES}


def claims_table(claims: Mapping[str, Any]) -> str:
    """The textbook claims, one row each, from reports/claims.json."""
    lines = ["| | claim | verdict | what was measured |", "|---|---|---|---|"]
    for name, claim in claims.items():
        mark = CLAIM_MARKS.get(claim["verdict"], claim["verdict"])
        lines.append(f"| {name} | {claim['claim']} | {mark} | {claim['sentence']} |")
    return "\n".join(lines)
