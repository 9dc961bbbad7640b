"""The work that all contenders do: the series, lengths, batch and sizes of params.yaml."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch

from rnn_vs_transformer.data.panel import FloatArray, Panel
from rnn_vs_transformer.data.series import Meta, scale_splits
from rnn_vs_transformer.data.splits import Places, Splits
from rnn_vs_transformer.data.windows import Windows, steps_of
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.sources.make import make_series


@dataclass(frozen=True)
class Case:
    """One set of settings; a changed copy is another case."""

    params: Params
    series: int = 1
    """The world's series, so many times."""

    @cached_property
    def _made(self) -> tuple[Meta, Splits]:
        made = make_series(self.params.data)
        names = [str(number) for number in range(self.series)]
        panel = Panel.of(names, [made.panel.values] * self.series)
        meta = replace(made.meta, series=names)
        return meta, scale_splits(panel, np.repeat(made.ends, self.series, axis=0), meta)

    @property
    def meta(self) -> Meta:
        """Facts about the series."""
        return self._made[0]

    @property
    def steps(self) -> FloatArray:
        """All steps of one series up to the end of train, scaled (steps,)."""
        splits = self._made[1]
        return splits.values[: splits.ends[0, 0]]

    @property
    def train(self) -> Windows:
        """The training windows, without the last ones that do not fill a batch, so that all steps are alike."""
        places = self._made[1].places("train")
        whole = len(places.origins) - len(places.origins) % self.params.train.batch_size
        return self._windows(Places(places.origins[: whole or None], places.series[: whole or None]))

    @property
    def validation(self) -> Windows:
        """The validation windows."""
        return self._windows(self._made[1].places("validation"))

    @property
    def one_window(self) -> Windows:
        """The first validation window: next to no validation, as the peers and the bare loop do none."""
        places = self._made[1].places("validation")
        return self._windows(Places(places.origins[:1], places.series[:1]))

    @property
    def lengths(self) -> tuple[int, int]:
        """Context length and prediction length."""
        return self.params.data.context_length, self.params.data.prediction_length

    def _windows(self, places: Places) -> Windows:
        return Windows(steps_of(self._made[1].panel), places, *self.lengths)

    def build(self, family: str) -> ForecastModel:
        """The family's forecaster, with the weights of seed 0."""
        torch.manual_seed(0)
        return build_family(family, self.params.model, self.meta)
