"""Put the committed results into the pages that show them: `python tools/readme.py`."""

import subprocess
from collections.abc import Mapping
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

CLAIM_COLUMNS = {"as_set_up": "as set up", "season_tokens": "season tokens", "across_worlds": "across worlds"}
TIMED = [*((family, recipe) for recipe in RECIPES for family in FAMILIES), ("mlp", paths.TUTORIAL)]
PAGES = {"en": Path("README.md"), "zh": Path("README.zh-CN.md")}


def sections(language: str) -> dict[str, str]:
    """What stands between the markers of each name, from the committed reports and studies."""
    metrics, studies = read_json(paths.METRICS), {"map": read_json(paths.STUDIES / "map.json")}
    times = {paths.forecaster(*run): read_json(paths.times(*run)) for run in TIMED}
    return {
        "verdict": markdown(headline(studies, metrics, times), language),
        "comparison": comparison_table(metrics, times),
        "claims": claims_table(read_json(paths.CLAIMS)),
        "dag": pipeline_graph(),
    }


def comparison_table(metrics: Mapping[str, Any], times: Mapping[str, Any]) -> str:
    """Families, controls, baselines and floors, one row each; times by forecaster, as in reports/times/."""
    titles = ("forecaster", "test MSE (95 % interval)", "MAE", "MASE", "skill", "excess", "parameters",
              "multiply-adds per window", "training s per seed", "peak MiB")  # fmt: skip
    found, names = rows_of(metrics), load_texts("en")["names"]
    rows = [[names[name], *_scores(found[name]), *_costs(times.get(name))] for name in names if name in found]
    return _table(titles, rows)


def _scores(row: Mapping[str, Any]) -> list[str]:
    interval = f" ({row['mse_ci_low']:.3f} to {row['mse_ci_high']:.3f})" if "mse_ci_low" in row else ""
    errors = [f"{row['mse']:.3f}{interval}", *(f"{row[key]:.3f}" for key in ("mae", "mase", "skill"))]
    return [*errors, f"{row['excess']:.2f}" if "excess" in row else ""]


def _costs(spent: Mapping[str, Any] | None) -> list[str]:
    if not spent:
        return ["", "", "", ""]
    work = f"{spent['multiply_adds_per_window'] / 1e6:.2f} M"
    return [f"{spent['parameters']:,}", work, f"{spent['train_seconds']:.0f}", f"{spent['peak_mebibytes']:.0f}"]


def claims_table(claims: Mapping[str, Any]) -> str:
    """The claims with what was measured, one row each, from reports/claims.json."""
    rows = [
        [
            name,
            f"**{claim['claim']}**<br>{claim['sentence']}",
            _marked(claim["verdict"]),
            *(_claim_cell(claim, column) for column in CLAIM_COLUMNS),
        ]
        for name, claim in claims.items()
    ]
    return _table(("", "claim", "verdict", *CLAIM_COLUMNS.values()), rows)


def _claim_cell(claim: Mapping[str, Any], column: str) -> str:
    """Number, interval and verdict of a column; a dash where it does not apply, empty where nothing was measured."""
    if column not in claim["applies"]:
        return "-"
    found = claim["columns"].get(column)
    if found is None:
        return ""
    ends = [found.get(f"number_ci_{end}") for end in ("low", "high")]
    interval = "" if None in ends else " ({:.3g} to {:.3g})".format(*ends)
    return f"{found['number']:.3g}{interval} {_marked(found['verdict'])}"


def _marked(verdict: str) -> str:
    return f"{MARKS.get(verdict, '')} {verdict}".strip()


def _table(titles: tuple[str, ...], rows: list[list[str]]) -> str:
    head = ["|".join(["", *(f" {title} " if title else " " for title in titles), ""]), "|---" * len(titles) + "|"]
    return "\n".join([*head, *("| " + " | ".join(row) + " |" for row in rows)])


def pipeline_graph() -> str:
    """The stages and what flows between them, as `dvc dag` tells it."""
    done = subprocess.run(["dvc", "dag", "--md"], capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


def filled(page: str, contents: dict[str, str]) -> str:
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
    """Fill both pages."""
    for language, path in PAGES.items():
        write_bytes(path, filled(path.read_text(encoding="utf-8"), sections(language)).encode())


if __name__ == "__main__":
    main()
