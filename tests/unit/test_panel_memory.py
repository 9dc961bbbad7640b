"""Large panels train in little memory: windows are views, and there is no second copy of the series."""

import subprocess
import sys

import pytest

PANEL = """
import resource, sys
from pathlib import Path
import numpy as np, torch
from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.series import Meta, Series, load_splits, save_series
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.training.fit import Watch, fit
from rnn_vs_transformer.data.windows import windows_of

class Enough(Exception): pass

series, steps, train_end, validation_end = map(int, sys.argv[2:])
torch.set_num_threads(1)
params = load_params(Path(sys.argv[1]))
names = [f"sensor {number}" for number in range(series)]
meta = Meta(params.data.model_dump(), names, 24, Axis())
panel = Panel.of(names, list(np.random.default_rng(0).standard_normal((series, steps))))
save_series(Series(meta, panel, np.tile([train_end, validation_end, steps], (series, 1)), {}))
del panel
train, validation = windows_of(load_splits(), "train", "validation")
for family in BUILDERS:
    taken = 0
    def stop_soon(_):
        global taken
        taken += 1
        if taken == 5:
            raise Enough
    settings = given_settings(family, params.model, params.train)
    try:
        fit(build_family(family, settings.model, meta), (train, validation), settings.train, 0, Watch(stop_soon))
    except Enough:
        pass
print(len(train), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    ("series", "steps", "train_end", "validation_end", "most"),
    [(862, 17_544, 12_280, 14_034, 3 * 1024), pytest.param(10_000, 1_000, 700, 850, 4 * 1024, marks=pytest.mark.slow)],
)
def test_a_large_panel_trains_in_little_memory(tmp_path, root, series, steps, train_end, validation_end, most):
    """The Traffic set and ten thousand products, in MiB. A copy of the Traffic set's windows would take 5 GB."""
    sizes = [str(size) for size in (series, steps, train_end, validation_end)]
    done = subprocess.run(
        [sys.executable, "-c", PANEL, str(root / "params.yaml"), *sizes],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    windows, peak_mebibytes = map(int, done.stdout.split())
    assert windows == series * (train_end - 96 - 24 + 1)
    assert peak_mebibytes < most
