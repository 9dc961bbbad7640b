"""The work that all contenders do: the series, lengths, batch and sizes of params.yaml."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.splits import Scaler, forecast_origins
from rnn_vs_transformer.data.windows import Windows, to_tensor
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.sources.make import make_series


@dataclass(frozen=True)
class Case:
    """One set of settings; a changed copy is another case."""

    params: Params
    channels: int = 1
    """The series, so many times side by side."""

    @cached_property
    def _series(self) -> tuple[Meta, npt.NDArray[np.float64]]:
        series = make_series(self.params.data)
        borders, values = series.meta.borders, np.repeat(series.values[:, :1], self.channels, axis=1)
        scaler = Scaler.fit(values[: borders.train_end], [str(number) for number in range(self.channels)])
        return series.meta, scaler.scale(values)

    @property
    def meta(self) -> Meta:
        """Facts about the series."""
        return self._series[0]

    @property
    def steps(self) -> npt.NDArray[np.float64]:
        """All steps up to the end of train, scaled (steps, C)."""
        return self._series[1][: self.meta.borders.train_end]

    @property
    def train(self) -> Windows:
        """The training windows, without the last ones that do not fill a batch, so that all steps are alike."""
        windows = self._windows(0, self.meta.borders.train_end)
        full = windows.origins - windows.origins % self.params.train.batch_size
        return self._windows(0, self.meta.borders.train_end, first=full or None)

    @property
    def validation(self) -> Windows:
        """The validation windows."""
        return self._windows(self.meta.borders.train_end, self.meta.borders.validation_end)

    @property
    def one_window(self) -> Windows:
        """The first validation window: next to no validation, as the peers and the bare loop do none."""
        return self._windows(self.meta.borders.train_end, self.meta.borders.validation_end, first=1)

    @property
    def lengths(self) -> tuple[int, int]:
        """Context length and prediction length."""
        return self.params.data.context_length, self.params.data.prediction_length

    def _windows(self, start: int, end: int, first: int | None = None) -> Windows:
        origins = forecast_origins(start, end, *self.lengths)[:first]
        return Windows(to_tensor(self._series[1]), origins, *self.lengths)

    def build(self, family: str) -> ForecastModel:
        """The family's forecaster, with the weights of seed 0."""
        torch.manual_seed(0)
        return BUILDERS[family](self.params.model, *self.lengths, self.channels)
