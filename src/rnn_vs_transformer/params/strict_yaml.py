"""YAML as all its readers understand it: what would be dropped or read in two ways is refused."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from rnn_vs_transformer.runtime.errors import InputError

TWO_WAYS = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)")
"""Octal 010 and sexagesimal 1:30 of YAML 1.1, which YAML 1.2, and with it DVC, reads otherwise."""
TRUTHS = {"true": True, "false": False}
"""YAML 1.1 also takes yes, no, on and off for truth values; in YAML 1.2 they are words."""

MOST_BYTES = 10**5
"""Beyond, PyYAML may take seconds; params.yaml has 5 kB."""


class StrictLoader(yaml.SafeLoader):
    """Plain values only, as the safe loader makes them; a key must not repeat."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Make a group of settings; the loader of PyYAML would keep the last of two equal keys in silence."""
        seen = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} repeats", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """Make a number; refuse one that YAML 1.1 and 1.2 read differently."""
        if TWO_WAYS.fullmatch(node.value):
            raise _two_ways(node)
        integer = node.tag == "tag:yaml.org,2002:int"
        return self.construct_yaml_int(node) if integer else self.construct_yaml_float(node)

    def construct_truth(self, node: yaml.ScalarNode) -> bool:
        """Make a truth value out of `true` or `false`."""
        if node.value.lower() not in TRUTHS:
            raise _two_ways(node)
        return TRUTHS[node.value.lower()]


def _two_ways(node: yaml.ScalarNode) -> yaml.YAMLError:
    fault = f"{node.value!r} is read in two ways by YAML 1.1 and 1.2; write it plainly, or in quotes if it is text"
    return yaml.constructor.ConstructorError(None, None, fault, node.start_mark)


StrictLoader.add_constructor("tag:yaml.org,2002:bool", StrictLoader.construct_truth)
for kind in ("int", "float"):
    StrictLoader.add_constructor(f"tag:yaml.org,2002:{kind}", StrictLoader.construct_number)


def read_yaml(path: Path) -> Any:
    """Read a YAML file of plain values.

    Raises:
        InputError: The file cannot be read, is no YAML, repeats a key, or has a number that can be read in two ways.
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
        return yaml.load(content.decode(), StrictLoader)  # noqa: S506 - a safe loader
    except RecursionError:
        raise InputError(f"{path} is not valid YAML: groups within groups without end") from None
    except (yaml.YAMLError, ValueError) as error:  # the second for impossible dates and endless digits
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
