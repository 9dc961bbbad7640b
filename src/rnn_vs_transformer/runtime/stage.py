"""How every stage runs: on checked settings, with faults told in one line, and never on inputs that change."""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rnn_vs_transformer.runtime import interrupts
from rnn_vs_transformer.runtime.errors import InputError, tell_system_error
from rnn_vs_transformer.runtime.heap import keep_freed_memory
from rnn_vs_transformer.runtime.inputs import read_inputs
from rnn_vs_transformer.runtime.load import read_sections
from rnn_vs_transformer.runtime.section import Section


def run(
    stage: Callable[..., None],
    *sections: type[Section],
    files: Callable[..., Sequence[Path]] = lambda *_: (),
    interrupted: str = interrupts.FROM_THE_START,
) -> None:
    """Run a stage; a fault that the user can mend is told in one line.

    Args:
        stage: A function with the name of its stage.
        sections: Of params.yaml, which the function takes.
        files: From these, the user's own files that it reads, which must not change meanwhile.
        interrupted: The line to leave behind where a signal ends it.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    interrupts.follow_dvc()
    keep_freed_memory()
    try:
        with interrupts.raising_on_signals(interrupted):
            params: list[Any] = read_sections(*sections)
            keys = [f"{section.key}.{name}".rstrip(".") for section in sections for name in section.watched]
            inputs = read_inputs(stage.__name__, keys, files(*params))
            stage(*params)
            inputs.require_unchanged()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {tell_system_error(error)}")
    except MemoryError:
        sys.exit("error: the memory is not enough; lower run.workers or free some, then run: dvc repro")
    except interrupts.Interrupted as interruption:
        interrupts.end_process(interrupted, interruption.number)
