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

from rnn_vs_transformer.errors import InputError  # noqa: E402
from rnn_vs_transformer.params import Params, load_params  # noqa: E402


def run(stage: Callable[[Params], None]) -> None:
    """Run a stage on the checked settings; a fault that the user can mend is told in one line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        stage(load_params())
    except InputError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
