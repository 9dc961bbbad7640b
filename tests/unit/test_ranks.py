"""One training on two processes: the batch is shared, and the losses are those of one process."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_arrays
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.ranks import ALONE, Ranks

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
TRAIN = """
import sys
from pathlib import Path
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.training.seeds import train_family
train_family("{family}", "given", Params.model_validate_json(Path("settings.json").read_text()).run)
"""


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shares_of_a_batch_are_the_batch(count):
    """A window that two ranks or none had taken would make the mean another one."""
    index = torch.arange(64)[torch.randperm(64)][:7]
    shares = [Ranks(rank, count).share(index) for rank in range(count)]
    assert sorted(torch.cat(shares).tolist()) == sorted(index.tolist())
    weights = [Ranks(rank, count).weight(len(share), 7) for rank, share in enumerate(shares)]
    losses = [share.double().mean() for share in shares]
    mean = sum(loss * (1 if weight is None else weight) for loss, weight in zip(losses, weights, strict=True)) / count
    assert mean == pytest.approx(float(index.double().mean()))
    assert (weights == [None]) == (count == 1)


def test_without_torchrun_a_process_is_alone():
    model = torch.nn.Linear(1, 1)
    assert ALONE.wrap(model) is model


@pytest.mark.parametrize("family", ["rnn", "transformer"])
def test_two_processes_have_the_losses_of_one(configure, pass_settings, tmp_path, root, monkeypatch, family):
    """The same batches and first weights; float32 sums over ranks round otherwise, which training may carry to 1e-4.

    Weights are not compared: the bias of the keys has no gradient but rounding, which Adam scales to whole steps.
    Batches of 15 cannot be halved, and the last batch of each epoch leaves the second rank without a window.
    """
    params = configure({"train.seeds": 1, "train.epochs": 3, "train.batch_size": 15, "data.split": [196, 80, 120]})
    history, weights = {}, {}
    for count in (1, 2):
        folder = tmp_path / str(count)
        folder.mkdir()
        monkeypatch.chdir(folder)
        save_series(make_series(params.data))
        pass_settings(params)
        (folder / "settings.json").write_text(params.model_dump_json())
        (folder / "train.py").write_text(TRAIN.format(family=family))
        environment = {
            **os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)]), "OMP_NUM_THREADS": "1"
        }  # fmt: skip
        program = [sys.executable, "train.py"] if count == 1 else [*TORCHRUN, str(count), "train.py"]
        done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        history[count] = np.loadtxt(paths.history(family), delimiter=",", skiprows=1)
        weights[count] = read_arrays(paths.weights(family, 0))
    assert len(history[1]) == 3
    np.testing.assert_allclose(history[2], history[1], rtol=1e-4)
    assert weights[1].keys() == weights[2].keys()
