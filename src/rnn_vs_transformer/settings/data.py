"""Settings of the series and its windows."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Name, Number, Positive, Section, Seed


class SyntheticParams(Section):
    """The seasonal self-exciting threshold autoregression (SETAR) with delay."""

    length: Annotated[int, Field(ge=1, le=10**7)]
    """Steps of the series; drawn one by one, so 10 million take minutes."""
    seed: Seed
    """Seed of the data draw, apart from the training seeds."""
    delay: Count
    """Steps back to the value that chooses the regime: the length of the long dependence."""
    phi_above: Annotated[Number, Field(gt=-1, lt=1)]
    """Autoregression where the delayed deviation is above zero."""
    mu_above: Number
    """Drift where the delayed deviation is above zero."""
    phi_below: Annotated[Number, Field(gt=-1, lt=1)]
    """Autoregression where the delayed deviation is zero or below."""
    mu_below: Number
    """Drift where the delayed deviation is zero or below."""
    sigma: Positive
    """Standard deviation of the noise of one step."""
    trend: Number
    """Rise per step."""
    season_lengths: list[Count]
    """Steps of each sine of the seasonal part; the first is the season of the naive forecast."""
    season_amplitudes: list[Number]
    """Amplitude of each sine."""
    season_phases: list[Number]
    """Phase of each sine, in radians."""
    oracle_paths: Annotated[int, Field(ge=2, le=10**6)]
    """Simulated futures per forecast origin, where the oracle has no closed form (delay < prediction_length)."""

    @model_validator(mode="after")
    def _seasons_agree(self) -> Self:
        lengths = len(self.season_lengths), len(self.season_amplitudes), len(self.season_phases)
        if len(set(lengths)) != 1 or not lengths[0]:
            raise ValueError(
                "data.synthetic.season_lengths, season_amplitudes and season_phases must have equally many "
                f"values (1 or more), got {lengths[0]}, {lengths[1]} and {lengths[2]}"
            )
        return self


class DataParams(Section):
    """Where the series comes from and how it is cut into windows."""

    key: ClassVar = "data"

    source: Literal["synthetic", "csv"]
    """The embedded synthetic world, or a CSV file."""
    file: Name
    """The CSV file, inside data/raw/; read only where source is csv."""
    time_column: Name
    """Name of the time column; `auto` finds it, `none` says that there is none."""
    channels: Literal["all"] | list[Name]
    """Columns to forecast; `all` takes every numeric column."""
    season_length: Literal["auto"] | Count
    """Steps in one season; `auto` takes the synthetic world's own, or a CSV's from the spacing of its times."""
    missing: Literal["error", "interpolate"]
    """What to do with an empty cell."""
    context_length: Count
    """Observed steps fed to a model (L)."""
    prediction_length: Count
    """Steps forecast at once (H)."""
    split: list[Positive]
    """Train, validation and test, chronological: fractions that sum to at most 1, or step counts."""
    synthetic: SyntheticParams
    """The synthetic world."""

    @model_validator(mode="after")
    def _split_is_usable(self) -> Self:
        if len(self.split) != 3:  # noqa: PLR2004
            raise ValueError(f"data.split must have 3 values (train, validation, test), got {len(self.split)}")
        fractions = [share < 1 for share in self.split]
        if any(fractions) and (not all(fractions) or sum(self.split) > 1 + 1e-9):
            raise ValueError(
                f"data.split must be 3 fractions that sum to at most 1, or 3 step counts, got {self.split}"
            )
        if not any(fractions) and any(share != int(share) for share in self.split):
            raise ValueError(f"data.split by step counts takes whole numbers, got {self.split}")
        return self
