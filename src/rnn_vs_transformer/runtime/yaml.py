"""YAML 1.2 as DVC reads it too: a key that repeats is refused, `1e-05` is a number, `yes` and `1:30` are words."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rnn_vs_transformer.runtime.errors import InputError

MOST_BYTES = 10**5
"""Beyond, reading may take seconds; params.yaml has 5 kB."""


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
        return YAML(typ="safe", pure=True).load(content.decode())
    except RecursionError:
        raise InputError(f"{path} is not valid YAML: groups within groups without end") from None
    except (YAMLError, ValueError) as error:  # the second for impossible dates and endless digits
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
