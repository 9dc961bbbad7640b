"""Large panels train in little memory: one of the size of the Traffic set, and one of many short series."""

import subprocess
import sys

import pytest

PANEL = """
import resource, sys
import numpy as np, torch
from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.series import Meta, Series, load_meta, load_splits, save_series
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.training.fit import Watch, fit

class Enough(Exception): pass

count, *ends = map(int, sys.argv[2:])
torch.set_num_threads(1)
params = load_params(__import__("pathlib").Path(sys.argv[1]))
names = [f"sensor {number}" for number in range(count)]
cells = count * ends[-1]
panel = Panel(names, np.random.default_rng(0).standard_normal(cells), np.ones(cells, dtype=np.bool_),
              np.arange(count + 1) * ends[-1], np.zeros(count, dtype=np.int64),
              np.empty((cells, 0)), np.empty((cells, 0)), np.empty((count, 0)))
settings = {"source": "csv", "context_length": 96, "prediction_length": 24, "transform": "none", "lower": "none"}
save_series(Series(Meta(settings, names, 24, Axis()), panel, np.tile(ends, (count, 1)), {}))
del panel
meta = load_meta()
train, validation = windows_of(load_splits(), "train", "validation")
for family in BUILDERS:
    taken = 0
    def stop_soon(_):
        global taken
        taken += 1
        if taken == 5:
            raise Enough
    given = given_settings(family, params.model, params.train)
    try:
        fit(build_family(family, given.model, meta), (train, validation), given.train, 0, Watch(stop_soon))
    except Enough:
        pass
print(len(train), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    ("series", "ends", "gibibytes"),
    [
        pytest.param(862, (12_280, 14_034, 17_544), 3, id="862 of 17,544 steps"),
        pytest.param(10_000, (600, 800, 1000), 4, id="10,000 of 1,000 steps", marks=pytest.mark.slow),
    ],
)
def test_a_large_panel_trains_in_little_memory(tmp_path, root, series, ends, gibibytes):
    """A second copy of the windows of the first would be 10 million times 120 steps: 5 GB."""
    done = subprocess.run(
        [sys.executable, "-c", PANEL, str(root / "params.yaml"), str(series), *map(str, ends)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    windows, peak_mebibytes = map(int, done.stdout.split())
    print(f"peak {peak_mebibytes} MiB")  # noqa: T201 - shown by pytest -s
    assert windows == series * (ends[0] - 96 - 24 + 1)
    assert peak_mebibytes < gibibytes * 1024
