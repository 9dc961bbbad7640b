"""Run the benchmarks and write benchmarks/results.json; parts that were not asked for are left as they are there."""

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from benchmarks.accuracy import ROUNDS, measure_accuracy
from benchmarks.case import Case
from benchmarks.devices import measure_devices
from benchmarks.growth import measure_growth
from benchmarks.machine import describe_machine
from benchmarks.peers import hush
from benchmarks.pipeline import measure_pipeline, measure_starts
from benchmarks.roofline import measure_roofline
from benchmarks.spread import measure_ray
from benchmarks.throughput import measure_throughput
from rnn_vs_transformer.reporting.run_facts import git_revision
from rnn_vs_transformer.runtime.files import write_json
from rnn_vs_transformer.settings.whole import load_params

RESULTS = Path("benchmarks/results.json")
FAMILIES = ("rnn", "transformer")
log = logging.getLogger(__name__)


def main() -> None:
    """Measure what is asked for, all by default."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    hush()
    case, told = Case(load_params()), _arguments()
    parts: dict[str, Any] = {
        "throughput": lambda: measure_throughput(case, FAMILIES, told.rounds),
        "starts": measure_starts,
        "accuracy": lambda: measure_accuracy(case, min(ROUNDS, told.rounds)),
        "roofline": lambda: measure_roofline(case),
        "growth": lambda: measure_growth(case, FAMILIES),
        "ray": lambda: measure_ray(case, "rnn", told.rounds),
        "pipeline": measure_pipeline,
        "devices": lambda: measure_devices(case, FAMILIES),
    }
    revision = git_revision()  # before results.json, which is tracked, changes
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in told.parts or parts:
        log.info("%s ...", name)
        results[name] = {**parts[name](), "revision": revision, "machine": describe_machine()}
        results["ratios"] = {
            **results.get("throughput", {}).get("ratios", {}),
            **{key: value for key, value in results.get("ray", {}).items() if key.startswith("ray.")},
        }
        write_json(RESULTS, dict(sorted(results.items())))
    for name, ratio in results["ratios"].items():
        log.info("%-40s %6.2f", name, ratio)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", help="throughput, starts, accuracy, roofline, growth, ray, pipeline, devices; default: all"
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender")
    return parser.parse_args()


if __name__ == "__main__":
    main()
