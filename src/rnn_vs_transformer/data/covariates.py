"""stub"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Covariate:
    """stub"""

    name: str
    known: str
    kind: str
    levels: list[str]

    @property
    def width(self) -> int:
        return len(self.levels) if self.kind == "category" else 1
