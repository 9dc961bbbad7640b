"""What holds for any input: an end in time, and one line where it is refused."""

import signal
from contextlib import contextmanager

from rnn_vs_transformer.runtime.errors import InputError

SECONDS = 10


@contextmanager
def within(seconds=SECONDS):
    """Raise where a block hangs; processor seconds, so that a busy machine is no fault."""

    def stop(*_):
        raise TimeoutError(f"not done after {seconds} seconds")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def result_or_refusal(function, *arguments):
    """What a reader returns, or None where it refuses in one line; anything else that it raises is a fault."""
    with within():
        try:
            return function(*arguments)
        except InputError as error:
            message = str(error)
    assert message.isprintable(), "more than one line, or control characters"
    assert len(message) < 5000, "a line that nobody reads"
    return None
