"""YAML 1.2 as DVC reads it too: a key that repeats is refused, `1e-05` is a number, `yes` and `1:30` are words."""

import warnings
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rnn_vs_transformer.runtime.errors import InputError

MOST_BYTES: Final = 10**5
"""Beyond, reading may take seconds; params.yaml has 5 kB."""
FAULTS: Final = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What the parser raises at some broken files, beside errors of its own."""


def read_yaml(path: Path) -> Any:
    """Read a YAML file of plain values.

    Raises:
        InputError: The file cannot be read, is no YAML, or repeats a key.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run from the root of the project") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise InputError(f"{path} is larger than {MOST_BYTES} bytes; is it a file of settings?")
    try:
        with warnings.catch_warnings(action="ignore"):  # of an anchor that is used twice, which YAML allows
            return YAML(typ="safe", pure=True).load(content.decode())
    except RecursionError:
        raise InputError(f"{path} is not valid YAML: groups within groups without end") from None
    except (*FAULTS, YAMLError) as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
