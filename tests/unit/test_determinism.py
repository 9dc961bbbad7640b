"""Across machines results differ by rounding alone: the same training with the vector units of other processors."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

TOLERANCE = 1e-4
"""Relative change of a validation loss or test score of one training run; docs/decisions.md has what was measured."""
UNITS = {
    "DEFAULT": {"ATEN_CPU_CAPABILITY": "default", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41"},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "AVX512": {"ATEN_CPU_CAPABILITY": "avx512"},
}
"""Vector units of 128, 256 and 512 bits, as PyTorch's own kernels, its BLAS and its primitives are told of them."""

TRAINING = """
import json, sys
import torch
torch.set_num_threads(1)
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.data.series import scale_splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.settings.family.train import FitParams
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import window_errors

params = Params.model_validate_json(sys.stdin.read())
series = make_series(params.data)
lengths = params.data.context_length, params.data.prediction_length
splits = scale_splits(series.panel, series.ends, series.meta)
train, validation, test = windows_of(splits, "train", "validation", "test")
found = {"unit": torch.backends.cpu.get_cpu_capability()}
for family, build in sorted(BUILDERS.items()):
    torch.manual_seed(0)
    model = build(params.model, *lengths)
    run = fit(model, (train, validation), params.train.part(FitParams), 0)
    found[family] = [*run.validation_losses, float(window_errors(model, test).mean())]
print(json.dumps(found))
"""


def train_on(unit, params):
    """Losses and test errors by family, of a process of its own."""
    environment = {**os.environ, **UNITS[unit], "PYTHONHASHSEED": "random"}
    done = subprocess.run(
        [sys.executable, "-c", TRAINING], input=params.model_dump_json(), env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def runs(configure):
    """The same training with each unit that this processor has, smallest first, and once more with the smallest."""
    params = configure({"train.epochs": 5, "data.synthetic.length": 1500, "model.rnn_width": 32,
                        "model.transformer_width": 32, "model.feedforward_width": 32})  # fmt: skip
    names = list(UNITS)
    here = names[: names.index(torch.backends.cpu.get_cpu_capability()) + 1]
    return [train_on(unit, params) for unit in (*here, here[0])]


def test_one_machine_gives_the_same_bytes_in_another_process(runs):
    """Nothing depends on the process: not the hash seed, not an address, not the time."""
    assert runs[0] == runs[-1]


def test_other_vector_units_change_results_by_rounding_alone(runs):
    """Sums are added in another order on another processor; training amplifies that, but far below a verdict."""
    if len({run["unit"] for run in runs}) == 1:
        pytest.skip("this processor has one kind of vector unit")
    for family in ("rnn", "transformer"):
        for run in runs[1:]:
            np.testing.assert_allclose(run[family], runs[0][family], rtol=TOLERANCE)
