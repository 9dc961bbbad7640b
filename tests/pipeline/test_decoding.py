"""Autoregressive decoding through the whole pipeline, to a forecast in another folder."""

import json
import sys
from pathlib import Path

import pytest
from conftest import Clone, stage_names, stages_run


@pytest.mark.slow
def test_the_whole_pipeline_works_step_by_step(clone: Clone, tmp_path: Path) -> None:
    """One setting changes what is the main comparison and what is beside it; the comparison of both stays the same."""
    asked = ("-S", "report.analyses=[decoding]")
    clone.run("dvc", "exp", "run", *asked)
    before = (clone.folder / "reports/analyses/decoding.json").read_bytes()
    ran = stages_run(clone.run("dvc", "exp", "run", *asked, "-S", "model.decoding=autoregressive"))
    assert set(stage_names(clone.folder)) - ran == {"generate", "probe", "cost"}
    assert (clone.folder / "reports/analyses/decoding.json").read_bytes() == before
    compared, metrics = json.loads(before), json.loads((clone.folder / "reports/metrics.json").read_text())
    for family in ("rnn", "transformer"):
        assert metrics[family]["mse"] == compared[family]["autoregressive"]["mse"]

    elsewhere = Clone(tmp_path)
    (tmp_path / "new.csv").write_text("y\n" + "\n".join(str(step % 24) for step in range(30)) + "\n")
    command = [sys.executable, "-m", "rnn_vs_transformer", "forecast", "--input", "new.csv"]
    folder = str(clone.folder / "models/forecaster")
    for family in ("rnn", "transformer"):
        elsewhere.run(*command, "--artifact", folder, "--family", family, "--output", "out.csv")
        assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + 4
