"""YAML as all its readers understand it: what would be dropped or read in two ways is refused."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from rnn_vs_transformer.errors import InputError

TWO_WAYS = re.compile(r"[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)")
"""Octal 010 and sexagesimal 1:30 of YAML 1.1, which YAML 1.2, and with it DVC, reads otherwise."""


class StrictLoader(yaml.SafeLoader):
    """Plain values only, as the safe loader makes them; a key must not repeat."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Make a group of settings; the loader of PyYAML would keep the last of two equal keys in silence."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} repeats", key.start_mark)
            if isinstance(key.value, str):
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """Make a number; refuse one that YAML 1.1 and 1.2 read differently."""
        if TWO_WAYS.fullmatch(node.value):
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value!r} is read in two ways by YAML 1.1 and 1.2; write it plainly", node.start_mark
            )
        integer = node.tag == "tag:yaml.org,2002:int"
        return self.construct_yaml_int(node) if integer else self.construct_yaml_float(node)


for kind in ("int", "float"):
    StrictLoader.add_constructor(f"tag:yaml.org,2002:{kind}", StrictLoader.construct_number)


def read_yaml(path: Path) -> Any:
    """Read a YAML file of plain values.

    Raises:
        InputError: The file cannot be read, is no YAML, repeats a key, or has a number that can be read in two ways.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), StrictLoader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run from the root of the project") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise InputError(f"{path} is not valid YAML: groups within groups without end") from None
    except (yaml.YAMLError, ValueError) as error:  # the second for impossible dates and endless digits
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
