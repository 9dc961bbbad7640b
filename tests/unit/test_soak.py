"""The soak's verdict: what grows is called growth, and the ups and downs of experiments are not."""

import os
import subprocess
import sys

import pytest

from tools import soak
from tools.soak import Sample, growth, is_growth, take_sample


def samples(memory):
    return [Sample(second, second, 9, memory(second), 900.0 + 300 * (second % 5), 40, 300, 12) for second in range(300)]


@pytest.mark.parametrize(
    ("memory", "grows"),
    [
        (lambda _: 200.0, False),
        (lambda second: 200.0 + second / 2, True),
        (lambda second: 200.0 + 40 * (second % 7), False),
        (lambda second: 100.0 if second < 40 else 200.0, False),  # warming up
        (lambda second: 200.0 + second / 40, False),  # 7 MiB in all
    ],
)
def test_only_a_lasting_rise_is_growth(memory, grows):
    found = growth(samples(memory))
    assert {name for name, pair in found.items() if is_growth(name, *pair)} == ({"queue_mebibytes"} if grows else set())


def test_only_what_an_ended_process_left_counts_as_left_in_shared_memory(tmp_path, monkeypatch):
    """Semaphores of running workers come and go, and other work on the machine has its own."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    old = frozenset({f"sem.loky-{ended.pid}-old"})
    new = {f"sem.loky-{ended.pid}-x", f"joblib_memmapping_folder_{ended.pid}_a_b", f"sem.loky-{os.getpid()}-x", "other"}
    monkeypatch.setattr(soak, "shared_memory", lambda: old | new)
    assert take_sample(tmp_path, 0.0, 0, old).left_in_shared_memory == 2
