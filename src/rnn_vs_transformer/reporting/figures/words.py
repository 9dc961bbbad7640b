"""Names, titles and captions of the figures, in the language of the page."""

from collections.abc import Mapping
from typing import Any

Texts = Mapping[str, Any]


def titled(texts: Texts, name: str, **values: object) -> dict[str, Any]:
    """Name, title and caption of a figure."""
    title, caption = texts["figures"][name]
    return {"name": name, "title": title.format(**values), "caption": caption.format(**values)}


def axis_word(texts: Texts, name: str, **values: object) -> str:
    """What stands along an axis."""
    return str(texts["axes"][name]).format(**values)


def name_of(texts: Texts, forecaster: str) -> str:
    """How the page calls a forecaster or a cell."""
    return str(texts["names"].get(forecaster, forecaster))
