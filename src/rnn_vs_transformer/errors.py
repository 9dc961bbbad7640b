"""The one error that a user can mend, told in one line."""


class InputError(ValueError):
    """A setting, file or series that cannot be used: what was expected, what was received, what to do."""


class DivergedError(InputError):
    """Training whose loss is no longer a finite number."""
