"""What makes one training run the same as another: equal identity, equal bytes."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint

PACKAGE: Final = Path(__file__).resolve().parents[1]
TRAINED_BY: Final = ("data", "models", "params", "training", "tuning")
"""Parts of the code that decide what a run gives."""


def run_identity(told: Mapping[str, Any]) -> str:
    """A hash of what is told and of all else that a run depends on: series, code, PyTorch, the processor's abilities.

    Args:
        told: The settings and seed of the run, as JSON.
    """
    whole = {
        **told,
        "code": [fingerprint(file) for part in TRAINED_BY for file in sorted((PACKAGE / part).glob("*.py"))],
        "data": [fingerprint(paths.DEVELOPMENT), fingerprint(paths.META)],
        "machine": [torch.__version__, torch.backends.cpu.get_cpu_capability()],
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
