"""A panel of the size of the Traffic set, 862 channels of 17,544 hours, trains in little memory."""

import subprocess
import sys

PANEL = """
import resource, sys
import numpy as np, torch
from rnn_vs_transformer.data.series import Meta, Series, load_meta, load_splits, save_series
from rnn_vs_transformer.data.splits import Borders
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.training.fit import Watch, fit
from rnn_vs_transformer.data.windows import windows_of

class Enough(Exception): pass

steps, channels, lengths = 17_544, 862, (96, 24)
torch.set_num_threads(1)
params = load_params(__import__("pathlib").Path(sys.argv[1]))
values = np.random.default_rng(0).standard_normal((steps, channels))
names = [f"sensor {number}" for number in range(channels)]
save_series(Series(Meta("csv", names, Borders(12_280, 14_034, steps), 24, *lengths, {}, "none"), values, {}))
del values
train, validation = windows_of(load_splits(), "train", "validation")
for family, build in BUILDERS.items():
    taken = 0
    def stop_soon(_):
        global taken
        taken += 1
        if taken == 5:
            raise Enough
    settings = given_settings(family, params.model, params.train)
    try:
        fit(build(settings.model, *lengths, InputSizes(series=channels)), (train, validation), settings.train, 0, Watch(stop_soon))
    except Enough:
        pass
print(len(train), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_a_panel_of_862_channels_trains_within_3_gibibytes(tmp_path, root):
    """A second copy of the windows would be 10 million times 120 steps: 5 GB."""
    done = subprocess.run(
        [sys.executable, "-c", PANEL, str(root / "params.yaml")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    windows, peak_mebibytes = map(int, done.stdout.split())
    assert windows == 862 * (12_280 - 96 - 24 + 1)
    assert peak_mebibytes < 3 * 1024
