"""The work that all contenders do: the series, lengths, batch and sizes of params.yaml."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import torch

from rnn_vs_transformer.data.panel import FloatArray, Panel
from rnn_vs_transformer.data.series import Meta, scale_splits
from rnn_vs_transformer.data.splits import Places, Split, Splits
from rnn_vs_transformer.data.windows import Windows, steps_of
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime.device import CPU
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.sources.make import make_series


@dataclass(frozen=True)
class Case:
    """One set of settings; a changed copy is another case."""

    params: Params
    series: int = 1
    """The world's series, so many times."""
    device: torch.device = CPU
    """Where windows lie."""

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

    def split(self, name: Split) -> Windows:
        """All windows of a split."""
        return self._windows(self._made[1].places(name))

    @property
    def scaled(self) -> FloatArray:
        """All steps of one series, scaled, those of test too (steps,)."""
        splits = self._made[1]
        return splits.values[: splits.ends[0, 2]]

    @property
    def ends(self) -> tuple[int, int, int]:
        """First step after train, after validation and after test of one series."""
        train_end, validation_end, test_end = self._made[1].ends[0].tolist()
        return train_end, validation_end, test_end

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
        return Windows(steps_of(self._made[1].panel, self.device), places, *self.lengths)

    def with_model(self, changes: dict[str, Any]) -> Self:
        """The same data with other settings of the model."""
        model = self.params.model.model_copy(update=changes)
        return replace(self, params=self.params.model_copy(update={"model": model}))

    def build(self, family: str, seed: int = 0) -> ForecastModel:
        """The family's forecaster, with the weights of a seed."""
        torch.manual_seed(seed)
        return build_family(family, self.params.model, self.meta)
