"""Statistical forecasters on the test windows, into the tables: `python -m studies.peers AutoETS AutoTheta`.

Then `dvc repro` scores them beside ours. The values are those that models learn, after `data.transform`; gaps are
filled, as in the models' contexts.
"""

import argparse
import sys
import time
from collections.abc import Iterator

from rnn_vs_transformer.evaluation.peers import peers_folder
from rnn_vs_transformer.evaluation.test_split import TestSplit, open_test_split
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_arrays
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.whole import load_params
from studies.statistical import NAMES, Task, forecast_all


def write_peer(name: str, test: TestSplit, refit: int, run: RunParams) -> None:
    """Forecast all test windows by one forecaster, and write them where evaluation looks for them."""
    started = time.perf_counter()
    found, failed = forecast_all(list(_tasks(name, test, refit)), run)
    series = test.places.series[:, None]
    scaled = (found - test.splits.scaler.mean[series]) / test.splits.scaler.deviation[series]
    forecast = test.splits.scaler.unscale(scaled, series)
    told = f"{name}, refit {refit}" if refit else name
    write_arrays(peers_folder(test) / f"{told}.safetensors", {"forecast": forecast})
    seconds = time.perf_counter() - started
    print(f"{told}: {len(forecast)} windows in {seconds:.0f} s, {failed} by the seasonal naive (no fit)")  # noqa: T201


def _tasks(name: str, test: TestSplit, refit: int) -> Iterator[Task]:
    """One per series, in the units before scaling: ETS tells a factor from a sum by values above 0."""
    panel, scaler, meta = test.splits.panel, test.splits.scaler, test.meta
    for number, (values, one) in enumerate(zip(panel.each(), test.series, strict=True)):
        known = values * scaler.deviation[number] + scaler.mean[number]
        origins = test.places.origins[one] - panel.offsets[number]
        yield Task(name, known, origins, meta.prediction_length, meta.season_length, refit)


def main() -> None:
    """Forecast by those that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["AutoETS", "AutoTheta"], help=", ".join(NAMES))
    parser.add_argument("--refit", type=int, default=0, help="origins per fit; 0 is one fit before test for all")
    told = parser.parse_args()
    if told.refit < 0:
        parser.error(f"--refit must be 0 or more, got {told.refit}")
    test, run = open_test_split(), load_params().run
    for name in told.names:
        write_peer(name, test, told.refit, run)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
