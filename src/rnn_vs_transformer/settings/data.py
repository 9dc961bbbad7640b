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


class CovariateParams(Section):
    """Columns that are known besides the target, by how long they are known; and parts of the calendar."""

    past: list[Name]
    """Known until the forecast origin, such as a measured temperature."""
    future: list[Name]
    """Known over the horizon too, such as promotions."""
    static: list[Name]
    """One value per series, such as a region."""
    calendar: list[Literal["hour", "weekday", "month", "holiday"]]
    """Parts of the time of each step, known over the horizon too."""
    holidays: Name
    """Country of the holidays, such as DE or US, by the `holidays` package; `none` where calendar has no holiday."""

    @model_validator(mode="after")
    def _each_has_one_role(self) -> Self:
        named = [*self.past, *self.future, *self.static]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise ValueError(f"data.covariates must name each column once, got {twice[0]!r} more than once")
        if len(set(self.calendar)) < len(self.calendar):
            raise ValueError(f"data.covariates.calendar must name each part once, got {self.calendar}")
        if ("holiday" in self.calendar) != (self.holidays != "none"):
            raise ValueError(
                "data.covariates.holidays names the country of data.covariates.calendar: holiday, "
                f"got {self.holidays!r} and {self.calendar}"
            )
        return self

    @property
    def columns(self) -> list[str]:
        """Of the file."""
        return [*self.past, *self.future, *self.static]


class DataParams(Section):
    """Where the series come from and how they are cut into windows."""

    key: ClassVar = "data"

    source: Literal["synthetic", "csv"]
    """The embedded synthetic world, or a file."""
    file: Name
    """The file, inside data/raw/: CSV, CSV.gz, Parquet or Feather; read only where source is csv."""
    format: Literal["wide", "long", "rows"]
    """`wide`: a column per series. `long`: a row per series and time. `rows`: a row per series."""
    series_column: Name
    """Column with the names of the series in a long file, or one with a series per row; `none` in a wide one."""
    target: Name
    """Column to forecast in a long file; `auto` takes the only one that it can be."""
    channels: Literal["all"] | list[Name]
    """Columns to forecast in a wide file; `all` takes every numeric column that is nothing else."""
    covariates: CovariateParams
    """What is known besides the target."""
    time_column: Name | list[Name]
    """Name of the time column, or names of the two that make one time; `auto` finds it, `none`: there is none."""
    time_format: Name
    """As in %d/%m/%Y, or `seconds` or `milliseconds` since 1970; `auto` where the format is certain."""
    time_zone: Name
    """Of local times without offset, as in Europe/Berlin; `none`: the times are taken as they are written."""
    separator: Literal["auto", "comma", "semicolon", "tab", "bar", "space"]
    """Between the cells of a CSV file; `auto` finds it."""
    missing_values: list[str]
    """Cells that hold no value, beside empty ones, in upper or lower case."""
    missing: Literal["error", "interpolate"]
    """What to do with a missing value: refuse the file, or fill it for contexts (it is never scored)."""
    transform: Literal["none", "log", "log1p", "boxcox"]
    """Of the target, before it is scaled; errors in own units are those of the values as they were read."""
    lower: Literal["none"] | Number
    """No forecast is below it, such as 0 for counts."""
    season_length: Literal["auto"] | Count
    """Steps in one season; `auto` takes the synthetic world's own, or a file's from the spacing of its times."""
    context_length: Count
    """Observed steps fed to a model (L)."""
    prediction_length: Count
    """Steps forecast at once (H)."""
    split: list[Positive | Literal["rest"]]
    """Train, validation and test of each series, chronological: fractions that sum to at most 1, or step counts; with
    `rest` for train the last steps are validation and test."""
    synthetic: SyntheticParams
    """The synthetic world."""

    @model_validator(mode="after")
    def _split_is_usable(self) -> Self:
        if len(self.split) != 3:  # noqa: PLR2004
            raise ValueError(f"data.split must have 3 values (train, validation, test), got {len(self.split)}")
        shares = [share for share in self.split if share != "rest"]
        fractions = [share < 1 for share in shares]
        if "rest" in self.split[1:] or (any(fractions) and (len(shares) < len(self.split) or not all(fractions))):
            raise ValueError(
                "data.split must be 3 fractions, or 3 step counts of which the first may be rest (all steps before), "
                f"got {self.split}"
            )
        if any(fractions) and sum(shares) > 1 + 1e-9:
            raise ValueError(f"data.split must be fractions that sum to at most 1, got {self.split}")
        if not any(fractions) and any(share != int(share) for share in shares):
            raise ValueError(f"data.split by step counts takes whole numbers, got {self.split}")
        return self

    @model_validator(mode="after")
    def _format_has_its_columns(self) -> Self:
        if self.format == "wide" and (self.series_column != "none" or self.target != "auto"):
            raise ValueError(
                "data.series_column and data.target are for data.format: long or rows; a wide file has a column per "
                f"series, named in data.channels; got {self.series_column!r} and {self.target!r}"
            )
        if self.format != "wide" and self.series_column == "none":
            raise ValueError(f"data.format: {self.format} needs data.series_column, the column with the series' names")
        if self.format != "wide" and self.channels != "all":
            raise ValueError(f"data.channels is for data.format: wide; in a {self.format} file set data.target")
        if self.source == "synthetic" and (self.transform != "none" or self.covariates.columns):
            raise ValueError("data.transform and data.covariates are for a file; the synthetic world has neither")
        return self
