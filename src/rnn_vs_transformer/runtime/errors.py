"""The errors that a user can mend, each told in one line."""

import errno
from typing import Final

AGAIN: Final = "then run: dvc repro (what was there before: dvc checkout)"
REMEDIES: Final = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EFBIG: "raise the limit (ulimit -f)",
    errno.EMFILE: "raise the limit (ulimit -n)",
    errno.EROFS: "make the folder writable",
    errno.EACCES: "get permission for it",
    errno.EPERM: "get permission for it",
}

MOST_SHOWN = 80
"""Characters of a user's text that a message repeats."""


class InputError(ValueError):
    """A setting, file or series that cannot be used: what was expected, what was received, what to do."""

    def __init__(self, message: str) -> None:
        """Escape what would break the line, such as a line end in a column's name."""
        super().__init__("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in message))


class DivergedError(InputError):
    """Training whose loss is no longer a finite number."""


def tell_system_error(error: OSError) -> str:
    """What the operating system refused, of which file, and what to do, in one line.

    >>> tell_system_error(OSError(errno.ENOSPC, "No space left on device", "models/a"))
    'models/a: No space left on device; free some space, then run: dvc repro (what was there before: dvc checkout)'
    """
    where = f"{error.filename}: " if error.filename is not None else ""
    remedy = REMEDIES.get(error.errno or 0, "mend that")
    return f"{where}{error.strerror or error}; {remedy}, {AGAIN}"


def quoted(text: str) -> str:
    """A user's text as a message shows it: in quotes, cut where it is long."""
    return repr(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}...")
