"""Sentences on the claims in each language: the findings name the pieces and their values, the templates the words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Piece:
    """A key of templates/claims.en.yaml with the values that it has room for."""

    key: str
    values: Mapping[str, float] = field(default_factory=dict)


def piece(key: str, **values: float) -> Piece:
    """A piece with values as plain numbers, as they are kept in reports/claims.json."""
    return Piece(key, {name: value if isinstance(value, int) else float(value) for name, value in values.items()})


def tell(pieces: Iterable[Piece], language: str = "en") -> str:
    """The sentence in the words of a language, `en` or `zh`."""
    words = load_words(language)
    return "".join(words[one.key].format(**one.values) for one in pieces)


@cache
def load_words(language: str) -> dict[str, str]:
    """All pieces of a language."""
    words: dict[str, str] = yaml.safe_load((TEMPLATES / f"claims.{language}.yaml").read_text(encoding="utf-8"))
    return words
