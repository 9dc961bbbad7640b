"""Autoregressive decoding through the whole pipeline, to a forecast in another folder."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from conftest import Clone, stages_run


@pytest.mark.slow
def test_the_whole_pipeline_works_step_by_step(finished: Clone, clone: Clone, tmp_path: Path) -> None:
    """One setting changes what is the main comparison and what is beside it; the comparison of both stays the same."""
    ran = stages_run(clone.run("dvc", "exp", "run", "-S", "model.decoding=autoregressive"))
    stages = set(yaml.safe_load((clone.folder / "dvc.yaml").read_text())["stages"])
    assert stages - ran == {"generate", "probe", "cost", "tuning"}
    for name in ("reports/decoding.json", "reports/decoding.csv"):
        assert (clone.folder / name).read_bytes() == (finished.folder / name).read_bytes(), name
    compared = json.loads((clone.folder / "reports/decoding.json").read_text())
    metrics = json.loads((clone.folder / "reports/metrics.json").read_text())
    for family in ("rnn", "transformer"):
        assert metrics[family]["mse"] == compared[family]["autoregressive"]["mse"]
    assert 'id="decoding"' in (clone.folder / "reports/index.html").read_text()

    elsewhere = Clone(tmp_path)
    (tmp_path / "new.csv").write_text("y\n" + "\n".join(str(step % 24) for step in range(30)) + "\n")
    command = [sys.executable, "-m", "rnn_vs_transformer", "forecast", "--input", "new.csv"]
    folder = str(clone.folder / "models/forecaster")
    for family in ("rnn", "transformer"):
        elsewhere.run(*command, "--artifact", folder, "--family", family, "--output", "out.csv")
        assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + 6


@pytest.mark.slow
def test_the_comparison_can_be_switched_off(clone: Clone) -> None:
    """Nothing is trained then, the rest of the pipeline goes on, and DVC keeps the empty folders."""
    output = clone.run("dvc", "exp", "run", "-S", "decoding.seeds=0")
    assert stages_run(output) >= {"compare_decoding", "plot", "report"}
    assert not {"train_rnn", "train_transformer", "evaluate"} & stages_run(output)
    assert "decodings are not compared: decoding.seeds is 0" in output
    assert list((clone.folder / "models/decoding/rnn").iterdir()) == []
    assert stages_run(clone.run("dvc", "repro")) == set()
