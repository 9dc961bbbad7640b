"""A column of text, as a number per row: a name that comes ten million times is kept once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Texts = npt.NDArray[np.object_]
"""Stripped text, None where a value is missing."""


@dataclass(frozen=True)
class Words:
    """The text of row i is `distinct[codes[i]]`; the code of a missing one is -1."""

    codes: npt.NDArray[np.int32]
    distinct: Texts

    def __len__(self) -> int:
        """Rows."""
        return len(self.codes)

    def at(self, row: int) -> str | None:
        """The text of a row."""
        return None if self.codes[row] < 0 else str(self.distinct[self.codes[row]])

    def texts(self) -> Texts:
        """Of all rows."""
        texts = np.full(len(self.distinct) + 1, None, dtype=object)
        texts[:-1] = self.distinct
        return texts[self.codes]

    def first(self) -> int:
        """The first row that has a text; row 0 where none has."""
        return int((self.codes >= 0).argmax())

    def share(self, chosen: npt.NDArray[np.bool_]) -> float:
        """The share of the rows with one of the distinct texts that are `chosen`."""
        return float(np.append(chosen, False)[self.codes].mean())


class Coder(dict[str, int]):
    """Codes of cells, by their text as it stands in the file; grows as it is asked."""

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__()
        self._missing, self._stripped = missing, dict[str, int]()

    def __missing__(self, cell: str) -> int:
        text = cell.strip()
        code = -1 if text.casefold() in self._missing else self._stripped.setdefault(text, len(self._stripped))
        self[cell] = code
        return code

    def codes(self, cells: Iterable[str], count: int) -> npt.NDArray[np.int32]:
        """Of some more rows."""
        return np.fromiter(map(self.__getitem__, cells), dtype=np.int32, count=count)

    def words(self, codes: npt.NDArray[np.int32]) -> Words:
        """All rows."""
        distinct = np.empty(len(self._stripped), dtype=object)
        distinct[:] = list(self._stripped)
        return Words(codes, distinct)
