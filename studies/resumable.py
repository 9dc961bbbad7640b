"""Many trials that take long: a killed run goes on where it was."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import pandas as pd
from tqdm import tqdm

import rnn_vs_transformer
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, write_table
from rnn_vs_transformer.runtime.parallel import run_as_finished
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.whole import load_params

Row = dict[str, Any]
Trial = TypeVar("Trial")
CASE_STUDY: Final = Path("recipes/case-study.yaml")
TELLING: Final = {"claims", "plotting", "reporting"}
"""Rooms of the package that no trial needs."""
BAR = "{desc}: {percentage:3.0f}% done, {elapsed} spent, {remaining} left"


@dataclass(frozen=True)
class Work(Generic[Trial]):
    """What is to be done, each part apart from the others."""

    trials: Sequence[Trial]
    """Their `repr` tells them apart."""
    run: Callable[[Trial], list[Row]]
    """Can be sent to another process."""
    expected_cost: Callable[[Trial], float]
    """Roughly in seconds, to begin with the longest and to tell the time left."""
    reads: Sequence[Path] = (CASE_STUDY,)
    """The files that a trial reads; a cluster is sent them."""


def kept_file(name: str, *read: Path) -> Path:
    """Where the trials of a study lie until all are done; other code is another file, so that no table mixes two.

    Args:
        name: Of the study, or of its part.
        read: What its trials read besides, such as a plan: another content is another file too.
    """
    package, studies = Path(rnn_vs_transformer.__file__).parent, Path(__file__).parent
    code = [file for file in package.rglob("*.py") if file.relative_to(package).parts[0] not in TELLING]
    known = [fingerprint(file) for file in [*sorted(code), *sorted(studies.rglob("*.py")), *read]]
    return paths.unfinished() / f"{name}-{hashlib.sha256(''.join(known).encode()).hexdigest()[:12]}.jsonl"


def run_to_table(work: Work[Trial], table: Path, kept: Path, run: RunParams | None = None) -> None:
    """Write all rows as CSV, in the order of the trials.

    Args:
        work: The trials.
        table: What is written when all are done.
        kept: Where each trial's rows lie until then, a line per trial, see `kept_file`; gone once the table is there.
        run: Where trials run; by default as `run` in params.yaml says.
    """
    done = read_kept(kept)
    cost = work.expected_cost
    left = sorted((trial for trial in work.trials if repr(trial) not in done), key=lambda trial: -cost(trial))
    kept.parent.mkdir(parents=True, exist_ok=True)
    finished = run_as_finished(work.run, left, run or load_params().run, work.reads)
    with (
        closing(finished),
        kept.open("a", encoding="utf-8") as file,
        tqdm(total=sum(map(cost, left)), desc=table.stem, bar_format=BAR) as bar,
    ):
        file.write("\n")  # ends a line that was cut off, so that the next one stands alone
        for number, rows in finished:
            file.write(json.dumps({"trial": repr(left[number]), "rows": rows}) + "\n")
            file.flush()
            done[repr(left[number])] = rows
            bar.update(cost(left[number]))
    write_table(table, pd.DataFrame([row for trial in work.trials for row in done[repr(trial)]]))
    kept.unlink()


def read_kept(path: Path) -> dict[str, list[Row]]:
    """What is done already; a line that was cut off is not."""
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found[entry["trial"]] = entry["rows"]
    return found
