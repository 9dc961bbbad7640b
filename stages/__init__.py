"""The stages of the pipeline: run one as `python -m stages.<name>` from the root of the project.

The copy of the workspace in which a stage runs brings its own `src`, and that comes first: `dvc exp run --temp` and the
queue run in copies, and must not import the code of the workspace in which the package was installed.
"""

import os
import sys
from pathlib import Path

SOURCE = str(Path(__file__).resolve().parent.parent / "src")
sys.path.insert(0, SOURCE)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [SOURCE, os.environ.get("PYTHONPATH")]))

from rnn_vs_transformer.runtime.interrupts import FROM_THE_START, end_on_signals  # noqa: E402

if sys.argv[0] == "-m":  # a stage is being started; the imports to come take seconds
    end_on_signals(FROM_THE_START)

from rnn_vs_transformer.runtime.stage import run  # noqa: E402

__all__ = ["run"]
