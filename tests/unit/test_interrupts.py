"""Signals end a stage in order, and no process outlives the one that started it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from rnn_vs_transformer.runtime import interrupts
from rnn_vs_transformer.runtime.interrupts import Interrupted, holding_signals, raising_on_signals

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
ORPHAN = """
import os, subprocess, sys, time
from rnn_vs_transformer.runtime.interrupts import follow_stage
if len(sys.argv) == 1:
    child = subprocess.Popen([sys.executable, "-c", sys.orig_argv[2], str(os.getpid())], stdout=subprocess.PIPE)
    child.stdout.readline()
    print(child.pid, flush=True)
    os._exit(0)
follow_stage(int(sys.argv[1]))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def handlers():
    """Put back what the tests replace."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def ends(monkeypatch):
    """The exit statuses with which the process would have ended."""
    statuses = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    return statuses


@SIGNALS
def test_the_first_signal_raises_and_the_next_ends_at_once(ends, capfd, number):
    """Work ends in order; whoever is impatient is not kept waiting, as workers follow by themselves."""
    with raising_on_signals("interrupted"):
        with pytest.raises(Interrupted) as interruption:
            signal.raise_signal(number)
        assert ends == []
        signal.raise_signal(number)
    assert interruption.value.number == number
    assert ends == [128 + number]
    assert capfd.readouterr().err == "\ninterrupted\n"


@SIGNALS
def test_before_and_after_the_work_a_signal_ends_the_process_in_one_line(ends, capfd, number):
    interrupts.end_on_signals("not yet begun")
    signal.raise_signal(number)
    assert ends == [128 + number]
    assert capfd.readouterr().err == "\nnot yet begun\n"


@SIGNALS
def test_a_held_signal_arrives_when_the_block_is_done(number):
    """A process that is just being started must be known before it can be ended."""
    passed = []

    def start():
        with holding_signals():
            os.kill(os.getpid(), number)
            passed.append("the rest of the block")
        passed.append("after the block")

    with raising_on_signals("interrupted"), pytest.raises(Interrupted):
        start()
    assert passed == ["the rest of the block"]


def test_processes_that_start_meanwhile_are_deaf_to_ctrl_c():
    """Ctrl-C reaches all processes of a terminal; a worker that is importing would print a traceback."""
    program = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with holding_signals():
        inside = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    outside = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert (inside, outside) == ("True\n", "False\n")


def test_a_worker_ends_when_its_stage_is_gone(root):
    """SIGKILL leaves a stage no time to tell its workers, and the next run would find them still at it."""
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(
        [sys.executable, "-c", ORPHAN], env=environment, stdout=subprocess.PIPE, text=True, timeout=60, check=True
    )
    worker, deadline = int(done.stdout), time.monotonic() + 20
    while is_running(worker):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(process):
    """Whether it still does anything; where nobody asks for its exit status, an ended process stays listed."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout
    return bool(found.strip()) and not found.startswith("Z")


def test_a_worker_is_deaf_and_watches(ends):
    """The stage alone answers to signals, and ends its workers itself."""
    interrupts.follow_stage(os.getppid() + 1)
    assert signal.getsignal(signal.SIGINT) == signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    deadline = time.monotonic() + 10
    while not ends:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert ends == [1]


@pytest.mark.parametrize("by_dvc", [True, False])
def test_a_stage_follows_the_dvc_that_started_it_and_nobody_else(monkeypatch, by_dvc):
    """Started by hand, perhaps with nohup, a stage outlives its terminal as any command does."""
    parents = iter([10, 10])
    sent = []
    monkeypatch.setattr(os, "getppid", lambda: next(parents, 1))
    monkeypatch.setattr(os, "kill", lambda process, number: sent.append((process, number)))
    monkeypatch.delenv("DVC_STAGE", raising=False)
    if by_dvc:
        monkeypatch.setenv("DVC_STAGE", "train_rnn")
    interrupts.follow_dvc()
    time.sleep(1)
    assert sent == ([(os.getpid(), signal.SIGTERM)] if by_dvc else [])
