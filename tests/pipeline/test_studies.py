"""Studies: many experiments through DVC's queue, read back seed by seed."""

import io
import re
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import Clone

STUDY = """
import sys
from rnn_vs_transformer.runtime.errors import InputError
from studies.experiments import Experiment, read_comparisons, read_seeds, run_queued

csv = ("data.source=csv", "data.file=data/raw/panel.csv", "data.season_length=8")
runs = [Experiment(f"patch-{length}", (*csv, f"model.patch_length={length}")) for length in (1, 4)]
refused = Experiment("refused", (*csv, "model.patch_length=999"))
try:
    run_queued([*runs, refused], copied=["data/raw/panel.csv"])
except InputError as error:
    print(error, file=sys.stderr)
mended = Experiment(refused.name, (*csv, "model.patch_length=2"))
run_queued([*runs, mended], copied=["data/raw/panel.csv"])
runs.append(mended)
comparisons = read_comparisons(runs)
print("compared:", *comparisons["verdict"])
print("errors:", *comparisons["rnn"])
print(read_seeds(runs).to_csv(index=False))
"""


@pytest.mark.slow
def test_a_study_runs_on_a_file_that_git_does_not_know_and_gives_a_row_per_seed(clone: Clone) -> None:
    """What documented sweeps rest on; a failed run is named and runs when mended, what is done is not repeated."""
    steps = np.arange(900)
    noise = np.random.default_rng(0).standard_normal((900, 2))
    panel = pd.DataFrame(np.sin(steps / 4)[:, None] + 0.1 * noise, columns=["a", "b"])
    panel.to_csv(clone.folder / "data/raw/panel.csv", index=False)

    shown = clone.run(sys.executable, "-c", STUDY)

    verdicts = "rnn better|transformer better|equivalent|inconclusive"
    assert re.search(rf"^compared:( ({verdicts})){{3}}$", shown, re.MULTILINE), "one verdict per run"
    assert "experiment refused failed; see why: dvc queue logs refused" in shown
    rows = pd.read_csv(io.StringIO(shown[shown.index("family,") : shown.rindex("\n\n") + 1].split("\n\n")[0]))
    assert sorted(zip(rows["experiment"], rows["family"], rows["seed"], strict=True)) == [
        (name, family, seed)
        for name in ("patch-1", "patch-4", "refused")
        for family in ("rnn", "transformer")
        for seed in (0, 1)
    ]
    told = [float(error) for error in re.search(r"^errors: (.*)$", shown, re.MULTILINE)[1].split()]
    assert told == pytest.approx(rows[rows["family"] == "rnn"].groupby("experiment")["mse"].mean(), abs=1e-6)
    assert (rows["train_seconds"] > 0).all()
    assert rows["mse"].nunique() == len(rows)
    assert clone.run("dvc", "exp", "list", "--name-only").split().count("patch-1") == 1
