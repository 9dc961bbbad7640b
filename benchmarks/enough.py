"""How a training run is ended from outside, once enough of it has been timed."""


class Enough(Exception):  # noqa: N818 - not an error
    """So many steps were wanted."""
