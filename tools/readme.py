"""Put the committed results into the pages that show them: `python -m tools.readme`."""

import subprocess
from pathlib import Path

from rnn_vs_transformer.reporting.tables import claims_table, comparison_table, ridge_sentence, verdict_sentence
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_bytes

PAGES = (Path("README.md"), Path("README.zh-CN.md"))


def sections() -> dict[str, str]:
    """What stands between the markers of each name, from the committed reports."""
    metrics = read_json(paths.METRICS)
    return {
        "verdict": f"{verdict_sentence(metrics['comparison'])} {ridge_sentence(metrics)}",
        "comparison": comparison_table(metrics, read_json(paths.TIMINGS)),
        "claims": claims_table(read_json(paths.CLAIMS)),
        "dag": pipeline_graph(),
    }


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
    contents = sections()
    for path in PAGES:
        write_bytes(path, filled(path.read_text(encoding="utf-8"), contents).encode())


if __name__ == "__main__":
    main()
