"""The shell that both families share: everything but the mixer.

    context (B, L) -> instance norm -> patches (B, T, P) -> embedding (B, T, D) -> MIXER (B, T, D)
                   -> readout (B, H) [+ linear highway (B, H)] -> inverse instance norm

With `readout: segments` the mixer answers one query per segment of the forecast instead (see `models/segments.py`).

Covariates enter here too, as they are, and never in a mixer: those of the context lie in the patches beside the series,
static ones in every patch, and those of the horizon correct the forecast before the inverse instance norm, so that an
effect grows with the series' spread (see `models/horizon.py`).

Sources: patches and channel independence, PatchTST (Nie et al. 2023); instance norm, RevIN (Kim et al. 2022) without
its affine part, and last-value subtraction, NLinear (Zeng et al. 2023); linear highway, LSTNet (Lai et al. 2018). With
`seasonal_naive` a forecast is a difference from the seasonal naive's (Hyndman and Athanasopoulos, section 5.2).
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from rnn_vs_transformer.data.windows import WindowCovariates
from rnn_vs_transformer.models.horizon import START, HorizonHead
from rnn_vs_transformer.models.quantiles import median_of, ordered
from rnn_vs_transformer.models.segments import SegmentReadout
from rnn_vs_transformer.settings.family.model import SharedModelParams


class InputSizes(NamedTuple):
    """What a model is told besides the context, the series and columns of covariates, and what it is asked for."""

    series: int = 1
    """They share all weights but those of queries (S)."""
    past: int = 0
    """Columns known until the forecast origin (Kp)."""
    future: int = 0
    """Columns known over the horizon too (Kf)."""
    static: int = 0
    """Columns with one value per series (Ks)."""
    levels: tuple[float, ...] = ()
    """The quantiles to forecast (Q); none for a point."""

    @property
    def covariates(self) -> int:
        """Columns in all."""
        return self.past + self.future + self.static


ONE_SERIES: Final = InputSizes()


class Embedded(NamedTuple):
    """What a mixer reads: the shell's tokens, as patches and the linear map that makes tokens of them.

    The two come apart since nothing lies between the embedding and the mixer: one that begins with a linear map of its
    own may join both maps before they meet the series, which gives the same numbers, up to rounding, for less work.
    """

    patches: Tensor
    """(B, T, P), or (B, T, P (1 + Kp + Kf) + Ks) with covariates."""
    embedding: nn.Linear
    """From these to D."""

    def tokens(self) -> Tensor:
        """(B, T, D)."""
        tokens: Tensor = self.embedding(self.patches)
        return tokens


class Mixer(Protocol):
    """The one factor in which the families differ: what moves information along time."""

    def __call__(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""

    def answer(self, embedded: Embedded, queries: Tensor) -> Tensor:
        """Answer each query (B, S, D) from the tokens (B, T, D): (B, S, D)."""


MixerBuilder = Callable[[int], Mixer]
"""Builds a mixer, given the number of tokens, those of queries included."""


class ForecastModel(nn.Module):
    """A forecaster of either family: the shared shell around one mixer."""

    def __init__(
        self,
        params: SharedModelParams,
        context_length: int,
        prediction_length: int,
        width: int,
        mixer: MixerBuilder,
        sizes: InputSizes = ONE_SERIES,
    ) -> None:
        """Build shell and mixer.

        Args:
            params: Settings; only the shared ones are read here.
            context_length: Observed steps (L), of which the last are read, see `context_share`.
            prediction_length: Forecast steps (H).
            width: Width of a token (D).
            mixer: Builds the mixer; called between embedding and readout, as the seed's draws are.
            sizes: Series and covariates. Weights that only covariates need are drawn after all others, so that these
                are the same with and without them.
        """
        super().__init__()
        self.sizes, self.prediction_length = sizes, prediction_length
        self.instance_norm, self.seasonal_naive = params.instance_norm, params.seasonal_naive
        self.patch_length, self.patch_stride = params.patch_length, params.patch_stride
        self.last_only = params.readout == "last"
        self.steps_read = params.steps_read(context_length)
        self.tokens, over = divmod(self.steps_read - self.patch_length + self.patch_stride, self.patch_stride)
        self.unused_steps = context_length - self.steps_read + over
        self.embedding = nn.Linear(self.patch_length, width)
        segments = -(-prediction_length // self.patch_length) if params.readout == "segments" else 0
        self.mixer = mixer(self.tokens + segments)
        self.dropout = nn.Dropout(params.dropout)
        self.readout = self._drawn_readout(segments, width)
        self.highway = nn.Linear(self.steps_read, prediction_length) if params.linear_highway else None
        self.starts_at_ridge = params.linear_highway == "ridge"
        if sizes.covariates:
            self.embedding = widened(self.embedding, self.patch_length * (sizes.past + sizes.future) + sizes.static)
        self.horizon = HorizonHead(sizes.future, width) if sizes.future else None

    def _drawn_readout(self, segments: int, width: int) -> nn.Module:
        """Of all tokens, the last one, or segments, if any: to one number per step, or one per quantile of it."""
        sizes, length, numbers = self.sizes, self.prediction_length, len(self.sizes.levels) or 1
        if segments:
            return SegmentReadout(segments, self.patch_length, length, width, sizes.series, numbers)
        return nn.Linear(width if self.last_only else self.tokens * width, length * numbers)

    def forward(
        self,
        context: Tensor,
        series: Tensor | None = None,
        target: Tensor | None = None,  # noqa: ARG002
        covariates: WindowCovariates | None = None,
    ) -> Tensor:
        """Forecast (B, H) from the context (B, L), both in scaled units; of quantiles the median.

        Args:
            context: Observed steps.
            series: Number of the series of each row (B,), -1 for one that was not trained on; may be left out where
                there is only one.
            target: The steps to forecast (B, H), handed over in training; only an `EncoderDecoder` learns from them in
                its forward pass.
            covariates: Of the same windows; may be left out where the model was built for none.

        Raises:
            ValueError: The covariates are not those that the model was built for.
        """
        found = self._forecast(context, series, covariates)
        return median_of(ordered(found), self.sizes.levels) if self.sizes.levels else found

    def quantiles(
        self, context: Tensor, series: Tensor | None = None, covariates: WindowCovariates | None = None
    ) -> Tensor:
        """The quantiles (B, H, Q) in increasing order, of a model that was built for them; see `forward`."""
        return ordered(self._forecast(context, series, covariates))

    def _forecast(self, context: Tensor, series: Tensor | None, covariates: WindowCovariates | None) -> Tensor:
        """(B, H), or (B, H, Q) as they were read out."""
        self._check(covariates)
        level, spread = self._level_and_spread(context)
        normed = (context - level) / spread
        if self.seasonal_naive:
            level = self._last_season(context)
        embedded = Embedded(self._inputs(normed, covariates), self.embedding)  # tokens (B, T, D)
        if isinstance(self.readout, SegmentReadout):
            read = self.mixer.answer(embedded, self.readout.queries(len(context), series))  # (B, S, D)
            forecast, summary = self.readout(self.dropout(read)), self.readout.by_step(read)
        else:
            read = self.mixer(embedded, self.last_only)  # (B, T or 1, D)
            forecast, summary = self.readout(self.dropout(read.flatten(1))), read[:, -1:]
        added = [] if self.highway is None else [self.highway(normed[:, -self.steps_read :])]
        if self.horizon is not None and covariates is not None:
            added.append(self.horizon(covariates.horizon, summary))
        if self.sizes.levels:
            forecast = forecast.unflatten(1, (self.prediction_length, -1))  # (B, H, Q)
            level, spread, *added = (part[..., None] for part in (level, spread, *added))
        for part in added:
            forecast = forecast + part
        result: Tensor = forecast * spread + level
        return result

    def _check(self, covariates: WindowCovariates | None) -> None:
        """Refuse covariates that are not those that the model was built for: columns of context, horizon and static."""
        expected = self.sizes.past + self.sizes.future, self.sizes.future, self.sizes.static
        received = (0, 0, 0) if covariates is None else tuple(part.shape[-1] for part in covariates)
        if expected != received:
            raise ValueError(f"expected {expected} columns of covariates (context, horizon, static), got {received}")

    def _inputs(self, normed: Tensor, covariates: WindowCovariates | None) -> Tensor:
        """Patches of the series (B, T, P); behind them those of the context's covariates, and the static ones.

        Each of the P places of a covariate in a patch counts 1 / sqrt(P), so that under Adam, which moves all weights
        alike, a covariate in patches is learnt no faster than one in points: else noise costs an MLP 5 %.
        """
        patches = self._patches(normed)
        if covariates is None or not self.sizes.covariates:
            return patches
        known = self._patches(covariates.context).flatten(2) * self.patch_length**-0.5  # (B, T, (Kp + Kf) P)
        static = covariates.static[:, None].expand(-1, self.tokens, -1)  # (B, T, Ks)
        return torch.cat([patches, known, static], dim=2)

    def _patches(self, steps: Tensor) -> Tensor:
        """(B, L, ...) -> (B, T, ..., P); patches end with the last step, so the oldest steps are the ones left over."""
        return steps[:, self.unused_steps :].unfold(1, self.patch_length, self.patch_stride)

    def _last_season(self, context: Tensor) -> Tensor:
        """The last season of the context, repeated over the horizon (B, H)."""
        ahead = torch.arange(self.prediction_length, device=context.device) % self.seasonal_naive
        return context[:, ahead - self.seasonal_naive]

    def _level_and_spread(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """What instance normalisation takes off and multiplies back, (B, 1) each."""
        if self.instance_norm == "none":
            return context.new_zeros(1, 1), context.new_ones(1, 1)
        if self.instance_norm == "last":
            return context[:, -1:], context.new_ones(1, 1)
        variance, mean = torch.var_mean(context[:, -self.steps_read :], dim=1, keepdim=True, correction=0)
        return mean, torch.sqrt(variance + 1e-5)


def widened(linear: nn.Linear, more: int) -> nn.Linear:
    """The map with so many inputs behind its own, whose weights stay as drawn; the others start small."""
    own, wide = linear.in_features, nn.Linear(linear.in_features + more, linear.out_features)
    with torch.no_grad():
        wide.weight[:, :own] = linear.weight
        wide.weight[:, own:] *= START
        wide.bias.copy_(linear.bias)
    return wide


class Builder(Protocol):
    """Makes a family's forecaster from its settings, L and H, with weights from torch's global random state."""

    def __call__(
        self, params: Any, context_length: int, prediction_length: int, sizes: InputSizes = ONE_SERIES
    ) -> ForecastModel:
        """Draw the model."""
