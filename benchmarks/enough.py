"""How a training run is ended from outside, once enough of it has been timed."""

from collections.abc import Callable
from contextlib import suppress

from rnn_vs_transformer.data.windows import Windows
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.settings.family.train import FitParams
from rnn_vs_transformer.training.fit import Watch, fit


class Enough(Exception):  # noqa: N818 - not an error
    """So many steps were wanted."""


def fit_until_enough(
    model: ForecastModel, windows: tuple[Windows, Windows], train: FitParams, note: Callable[[str], None]
) -> None:
    """Train until `note`, which is called after each step, raises `Enough`."""
    endless = train.model_copy(update={"epochs": 10_000, "patience": 10_000})
    with suppress(Enough):
        fit(model, windows, endless, 0, Watch(note))
