"""The stages of the pipeline: run one as `python -m stages.<name>` from the root of the project.

The copy of the workspace in which a stage runs brings its own `src`, and that comes first: `dvc exp run --temp` and the
queue run in copies, and must not import the code of the workspace in which the package was installed.
"""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

SOURCE = str(Path(__file__).resolve().parent.parent / "src")
sys.path.insert(0, SOURCE)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [SOURCE, os.environ.get("PYTHONPATH")]))

from rnn_vs_transformer.runtime.interrupts import (  # noqa: E402
    Interrupted,
    end_on_signals,
    end_process,
    follow_dvc,
    raising_on_signals,
)

FROM_THE_START = "interrupted; `dvc repro` goes on with this stage"
FROM_CHECKPOINTS = "interrupted; `dvc repro` goes on from the last epoch that each training run had finished"
if sys.argv[0] == "-m":  # a stage is being started; the imports to come take seconds
    end_on_signals(FROM_THE_START)

from rnn_vs_transformer.params import Params, load_params  # noqa: E402
from rnn_vs_transformer.runtime.errors import InputError, tell_system_error  # noqa: E402
from rnn_vs_transformer.runtime.heap import keep_freed_memory  # noqa: E402
from rnn_vs_transformer.runtime.inputs import read_inputs  # noqa: E402


def run(stage: Callable[[Params], Callable[[], None] | None], interrupted: str = FROM_THE_START) -> None:
    """Run a stage on the checked settings; a fault that the user can mend is told in one line.

    Args:
        stage: A function with the name of its stage; what it returns is called once its results are known to stand.
        interrupted: The line to leave behind where a signal ends it.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    follow_dvc()
    keep_freed_memory()
    try:
        with raising_on_signals(interrupted):
            params = load_params()
            inputs = read_inputs(stage.__name__, params.data.file)
            tidy_up = stage(params)
            inputs.require_unchanged()
            if tidy_up is not None:
                tidy_up()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {tell_system_error(error)}")
    except MemoryError:
        sys.exit("error: the memory is not enough; lower run.workers or free some, then run: dvc repro")
    except Interrupted as interruption:
        end_process(interrupted, interruption.number)
