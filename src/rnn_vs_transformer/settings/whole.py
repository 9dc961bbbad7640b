"""The whole of params.yaml, and what its sections must agree on."""

from itertools import product
from pathlib import Path
from typing import Self

from pydantic import model_validator

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.load import read_sections
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.runtime.section import Section
from rnn_vs_transformer.settings.cost import CostParams
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.evaluate import BacktestParams, DecodingParams, EvaluateParams
from rnn_vs_transformer.settings.family.model import ModelParams, misfit
from rnn_vs_transformer.settings.family.train import TrainParams
from rnn_vs_transformer.settings.inspect import InspectParams
from rnn_vs_transformer.settings.probe import ProbeParams
from rnn_vs_transformer.settings.report import ReportParams
from rnn_vs_transformer.settings.tune import TuneParams


class Params(Section):
    """The whole of params.yaml."""

    data: DataParams
    model: ModelParams
    train: TrainParams
    tune: TuneParams
    evaluate: EvaluateParams
    decoding: DecodingParams
    backtest: BacktestParams
    inspect: InspectParams
    cost: CostParams
    probe: ProbeParams
    report: ReportParams
    run: RunParams

    @model_validator(mode="after")
    def _patches_fit_context(self) -> Self:
        lengths = {f"model.{name}": getattr(self.model, name) for name in ("patch_length", "seasonal_naive")}
        if self.train.settings == "tuned":
            lengths["tune.shared.patch_length"] = max(self.tune.shared.patch_length)
        for key, length in lengths.items():
            if length > self.data.context_length:
                raise ValueError(
                    f"{key} must be at most data.context_length ({self.data.context_length}), got {length}"
                )
        return self

    @model_validator(mode="after")
    def _quantiles_come_at_once(self) -> Self:
        if self.train.loss == "quantile":
            if self.model.decoding == "autoregressive":
                raise ValueError(
                    "train.loss: quantile needs model.decoding: direct, as a step that is fed back is one number"
                )
            if self.model.linear_highway == "ridge":
                raise ValueError(
                    "model.linear_highway: ridge starts all quantiles at one number; set it to false or true"
                )
            if "decoding" in self.report.analyses:
                raise ValueError("report.analyses: decoding is for a train.loss of points; take one of them out")
        return self

    @model_validator(mode="after")
    def _covariates_have_a_way_in(self) -> Self:
        known = self.data.covariates
        if not known.columns and not known.calendar:
            return self
        if self.model.decoding == "autoregressive":
            raise ValueError("model.decoding: autoregressive knows no data.covariates; set it to direct, or name none")
        if "decoding" in self.report.analyses:
            raise ValueError("report.analyses: decoding is for data without data.covariates; take one of them out")
        return self

    @model_validator(mode="after")
    def _ridge_can_be_tried(self) -> Self:
        asked = self.train.settings == "tuned" and "ridge" in self.tune.shared.linear_highway
        model = self.model
        if asked and (model.instance_norm == "standard" or model.seasonal_naive or self.train.loss == "quantile"):
            raise ValueError(
                "tune.shared.linear_highway: ridge needs model.instance_norm: none or last, model.seasonal_naive: 0 "
                "and no train.loss: quantile"
            )
        return self

    @model_validator(mode="after")
    def _current_transformer_fits_the_search(self) -> Self:
        space, model = self.tune.transformer, self.model
        widths, heads, positionals = [model.transformer_width], [*space.heads, model.heads], [model.positional]
        if self.tune.budget != "parameters":
            widths, positionals = [*space.transformer_width, *widths], [*space.positional, *positionals]
        for width, count in product(widths, heads) if self.train.settings == "tuned" else ():
            if fault := misfit(width, count, positionals):
                raise ValueError(f"tune.transformer with the current model.*, which is tried first: {fault}")
        return self


def load_params(path: Path = paths.PARAMS) -> Params:
    """Read and check all settings; see `read_sections`."""
    params: Params = read_sections(Params, path=path)[0]
    return params
