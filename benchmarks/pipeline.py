"""The pipeline as a user meets it: from nothing, with nothing to do, and the start of each stage; in a clone."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
CORE: Final = "evaluate"
"""The last of the core stages: series, settings, both families trained, scored and compared."""
TIMES: Final = 3


def measure_starts() -> dict[str, Any]:
    """Seconds that each stage needs before it begins (median of three), and memory after its imports."""
    stages = sorted(file.stem for file in (ROOT / "stages").glob("*.py") if file.stem != "__init__")
    seconds = {name: statistics.median(_import_seconds(name) for _ in range(TIMES)) for name in stages}
    slowest = max(seconds, key=lambda name: seconds[name])
    return {
        "stage_start_seconds": {name: round(value, 2) for name, value in seconds.items()},
        "slowest_stage_start_seconds": round(seconds[slowest], 2),
        "peak_mebibytes_of_training_stage": _training_peaks(),
    }


def measure_pipeline() -> dict[str, float]:
    """Seconds of `dvc repro` from nothing, first the core stages and then the rest, and with nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        _run(folder, "git", "clone", "--quiet", str(ROOT), ".")
        core = _run(folder, "dvc", "repro", CORE)
        rest = _run(folder, "dvc", "repro")
        no_op = statistics.median(_run(folder, "dvc", "repro") for _ in range(TIMES))
    return {
        "cold_repro_core_seconds": round(core, 1),
        "cold_repro_all_seconds": round(core + rest, 1),
        "no_op_repro_seconds": round(no_op, 2),
    }


def _training_peaks() -> dict[str, int]:
    """What the committed run of each family needed per process (reports/times/)."""
    times = {family: (ROOT / f"reports/times/{family}.json").read_text() for family in ("rnn", "transformer")}
    return {family: json.loads(text)["peak_mebibytes"] for family, text in times.items()}


def _import_seconds(stage: str) -> float:
    return _run(str(ROOT), sys.executable, "-c", f"import stages.{stage}")


def _run(folder: str, *command: str) -> float:
    """Seconds of a command in a folder, with this environment's programs and the folder's own code."""
    began = time.perf_counter()
    subprocess.run(command, cwd=folder, env=own_code(Path(folder)), check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.perf_counter() - began


def own_code(folder: Path) -> dict[str, str]:
    """Variables with which a command takes this environment's programs and the code of a folder."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(folder)]),
    }
