"""The one error that a user can mend, told in one line."""

MOST_SHOWN = 80
"""Characters of a user's text that a message repeats."""


class InputError(ValueError):
    """A setting, file or series that cannot be used: what was expected, what was received, what to do."""

    def __init__(self, message: str) -> None:
        """Escape what would break the line, such as a line end in a column's name."""
        super().__init__("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in message))


class DivergedError(InputError):
    """Training whose loss is no longer a finite number."""


def quoted(text: str) -> str:
    """A user's text as a message shows it: in quotes, cut where it is long."""
    return repr(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}...")
