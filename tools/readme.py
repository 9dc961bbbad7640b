"""Put the committed results into the pages that show them: `python -m tools.readme`."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rnn_vs_transformer.reporting.claims_table import MARKS
from rnn_vs_transformer.reporting.headline import headline, markdown
from rnn_vs_transformer.reporting.report import load_texts
from rnn_vs_transformer.results import rows_of
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_bytes
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import RECIPES
from tools.pages import WIDTH

CLAIM_COLUMNS = {"as_set_up": "as set up", "season_tokens": "season tokens", "across_worlds": "across worlds"}
TIMED = [*((family, recipe) for recipe in RECIPES for family in FAMILIES), ("mlp", paths.TUTORIAL)]
SHORT = [*(f"{family}{tokens}" for tokens in ("", "_season_tokens") for family in FAMILIES),
         "mlp", "ridge", "context_floor"]  # fmt: skip
"""The forecasters of the README's table; docs/results.md has all."""
SHORT_TITLES = {
    "en": ("forecaster", "test MSE (95 % interval)", "excess", "training s per seed"),
    "zh": ("预测器", "测试 MSE（95 % 区间）", "excess", "每个种子的训练秒数"),
}
COUNTED = {"en": "{claims} claims: {counts}.", "zh": "{claims} 条说法：{counts}。"}
PAGES = {
    Path("README.md"): ("en", ("verdict", "comparison", "claims", "dag")),
    Path("README.zh-CN.md"): ("zh", ("verdict", "comparison", "claims", "dag")),
    Path("docs/results.md"): ("en", ("scores", "judged")),
}
"""Language of each page, and the names of its markers."""


def sections(language: str) -> dict[str, str]:
    """What stands between the markers of each name, from the committed reports and studies."""
    metrics, studies = read_json(paths.METRICS), {"map": read_json(paths.STUDIES / "map.json")}
    times = {paths.forecaster(*run): read_json(paths.times(*run)) for run in TIMED}
    claims = read_json(paths.CLAIMS)
    return {
        "verdict": wrapped(markdown(headline(studies, metrics, times), language)),
        "comparison": short_table(metrics, times, language),
        "claims": claims_counted(claims, language),
        "dag": pipeline_graph(),
        "scores": comparison_table(metrics, times),
        "judged": claims_table(claims),
    }


def wrapped(text: str) -> str:
    """Lines of at most `WIDTH` characters, broken after blanks and after Chinese punctuation."""
    lines: list[str] = []
    for line in text.splitlines():
        lines.append("")
        for piece in re.findall(r".+?(?:[，。；：、]| (?!%)|$)", line):
            if len(lines[-1] + piece.rstrip()) > WIDTH:
                lines.append("  " if line.startswith("- ") else "")
            lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def short_table(metrics: Mapping[str, Any], times: Mapping[str, Any], language: str) -> str:
    """Error and cost of the forecasters `SHORT`, one row each."""
    found, texts = rows_of(metrics), load_texts(language)
    rows = []
    for name in (name for name in SHORT if name in found):
        mse, *_, excess = _scores(found[name], texts["to"])
        *_, seconds, _ = _costs(times.get(name))
        rows.append([texts["names"][name], mse, excess, seconds])
    return _table(SHORT_TITLES[language], rows)


def comparison_table(metrics: Mapping[str, Any], times: Mapping[str, Any]) -> str:
    """Families, controls, baselines and floors, one row each; times by forecaster, as in reports/times/."""
    titles = ("forecaster", "test MSE (95 % interval)", "MAE", "MASE", "skill", "excess", "parameters",
              "mult.-adds", "train s", "MiB")  # fmt: skip
    found, names = rows_of(metrics), load_texts("en")["names"]
    rows = [[names[name], *_scores(found[name], " to "), *_costs(times.get(name))] for name in names if name in found]
    return _table(titles, rows)


def _scores(row: Mapping[str, Any], to: str) -> list[str]:
    interval = f" ({row['mse_ci_low']:.3f}{to}{row['mse_ci_high']:.3f})" if "mse_ci_low" in row else ""
    errors = [f"{row['mse']:.3f}{interval}", *(f"{row[key]:.3f}" for key in ("mae", "mase", "skill"))]
    return [*errors, f"{row['excess']:.2f}" if "excess" in row else ""]


def _costs(spent: Mapping[str, Any] | None) -> list[str]:
    if not spent:
        return ["", "", "", ""]
    work = f"{spent['multiply_adds_per_window'] / 1e6:.2f} M"
    return [f"{spent['parameters']:,}", work, f"{spent['train_seconds']:.0f}", f"{spent['peak_mebibytes']:.0f}"]


def claims_counted(claims: Mapping[str, Any], language: str) -> str:
    """How many claims have each verdict."""
    words, counts = load_texts(language)["claim_verdicts"], Counter(claim["verdict"] for claim in claims.values())
    told = load_texts(language)["list_comma"].join(
        f"{words[verdict]} {counts[verdict]}" for verdict in words if counts[verdict]
    )
    return COUNTED[language].format(claims=len(claims), counts=told)


def claims_table(claims: Mapping[str, Any]) -> str:
    """The claims with their verdicts, one row each, from reports/claims.json."""
    rows = [
        [name, claim["claim"], _marked(claim["verdict"]), "·".join(_in_column(claim, key) for key in CLAIM_COLUMNS)]
        for name, claim in claims.items()
    ]
    return _table(("", "claim", "verdict", " · ".join(CLAIM_COLUMNS.values())), rows)


def _in_column(claim: Mapping[str, Any], column: str) -> str:
    """The mark of a column's verdict; a dash where the column does not apply or nothing was measured."""
    found = claim["columns"].get(column) if column in claim["applies"] else None
    return "-" if found is None else MARKS[found["verdict"]]


def _marked(verdict: str) -> str:
    return f"{MARKS.get(verdict, '')} {verdict}".strip()


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = [" ".join(["|", *(f"{title} |" if title else "|" for title in titles)])]
    return "\n".join([*head, "|---" * (head[0].count("|") - 1) + "|", *("| " + " | ".join(row) + " |" for row in rows)])


def pipeline_graph() -> str:
    """The stages of dvc.yaml as a Mermaid picture; an arrow that a longer way implies is left out."""
    done = subprocess.run(["dvc", "dag", "--md"], capture_output=True, text=True, check=True)  # noqa: S607
    names = dict(re.findall(r'(node\d+)\["([^/"]+)"\]', done.stdout))
    ahead: dict[str, set[str]] = {}
    for start, end in re.findall(r"(node\d+)-->(node\d+)", done.stdout):
        if {start, end} <= names.keys():
            ahead.setdefault(names[start], set()).add(names[end])

    def leads(start: str, end: str) -> bool:
        return any(step == end or leads(step, end) for step in ahead.get(start, ()))

    joined: dict[tuple[str, ...], list[str]] = {}
    for start, ends in sorted(ahead.items()):
        direct = sorted(end for end in ends if not any(leads(step, end) for step in ends))
        joined.setdefault(tuple(direct), []).append(start)
    arrows = [f"  {_nodes(starts)} --> {_nodes(ends)}" for ends, starts in joined.items()]
    return "\n".join(["```mermaid", "flowchart LR", *arrows, "```"])


def _nodes(stages: Iterable[str]) -> str:
    return " & ".join(f'{stage.replace("@", "_")}["{stage}"]' if "@" in stage else stage for stage in stages)


def filled(page: str, contents: Mapping[str, str]) -> str:
    """The page with new text between `<!-- name -->` and `<!-- /name -->`.

    Raises:
        InputError: A marker is missing.
    """
    for name, text in contents.items():
        opening, closing = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = page.partition(opening)
        _, ended, after = rest.partition(closing)
        if not found or not ended:
            raise InputError(f"a page lacks the markers of {name!r}")
        page = f"{before}{opening}{text}\n{closing}{after}"
    return page


def main() -> None:
    """Fill all pages."""
    for path, (language, names) in PAGES.items():
        contents = {name: text for name, text in sections(language).items() if name in names}
        write_bytes(path, filled(path.read_text(encoding="utf-8"), contents).encode())


if __name__ == "__main__":
    main()
