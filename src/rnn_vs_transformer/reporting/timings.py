"""The timings of training, as far as they were measured with the loss histories that lie here."""

from typing import Any

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, read_json


def timings_of(family: str) -> dict[str, Any] | None:
    """Timings of a family; None where DVC restored its results from the cache, as times are not restored."""
    timings = read_json(paths.TIMINGS) if paths.TIMINGS.exists() else {}
    found: dict[str, Any] = timings.get(family, {})
    return found if found.get("of_history") == fingerprint(paths.history(family)) else None
