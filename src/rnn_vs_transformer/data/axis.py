"""stub"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """stub"""

    first: str | None = None
    frequency: str | None = None
