"""What each stage of the pipeline takes: `make times` runs all of them anew, one by one, in this workspace."""

import os
import resource
import subprocess
import sys
import time

REPRO = ("dvc", "repro", "--force")


def stage_names() -> list[str]:
    """The stages in the order in which DVC runs them."""
    told = subprocess.run([*REPRO, "--dry"], check=True, capture_output=True, text=True)  # noqa: S603
    return [line.split("'")[1] for line in told.stdout.splitlines() if line.startswith("Running stage")]


def run_stage(name: str) -> tuple[float, float]:
    """Seconds of a stage, by the clock and of the processor; DVC's own, about two, are among them."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*REPRO, "--quiet", "--single-item", name], check=True)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, used


def main() -> None:
    """Print a table: stage, seconds, seconds of the processor, and the share of the cores that nobody used."""
    cores = os.cpu_count() or 1
    sys.stdout.write("| stage | seconds | processor seconds | idle cores |\n|---|---|---|---|\n")
    rows = []
    for name in stage_names():
        rows.append((name, *run_stage(name)))
        _print_row(*rows[-1], cores)
    _print_row("all", sum(row[1] for row in rows), sum(row[2] for row in rows), cores)


def _print_row(name: str, seconds: float, used: float, cores: int) -> None:
    idle = max(0.0, 1 - used / seconds / cores)
    sys.stdout.write(f"| {name} | {seconds:.1f} | {used:.1f} | {idle:.0%} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
