"""Settings of the comparison on the test split, and of the optional analyses of it."""

from typing import Annotated, ClassVar

from pydantic import Field

from rnn_vs_transformer.runtime.section import Count, Number, Section, Seed


class EvaluateParams(Section):
    """The comparison on the test split."""

    key: ClassVar = "evaluate"

    margin: Annotated[Number, Field(gt=0, lt=1)]
    """Relative difference of MSE below which the families count as equivalent."""
    resamples: Annotated[int, Field(ge=100)]
    """Bootstrap resamples of seeds and blocks of forecast origins."""
    seed: Seed
    """Seed of the bootstrap."""


class DecodingParams(Section):
    """Direct against autoregressive decoding, within each family."""

    key: ClassVar = "decoding"

    seeds: Count
    """Paired seeds 0, 1, ... for which the decoding that `model.decoding` does not name is trained as well; of more
    than `train.seeds`, only those are compared."""


class BacktestParams(Section):
    """Models that are fitted again as the test split goes by."""

    key: ClassVar = "backtest"

    refit: Count
    """Test windows after which the models are fitted again on all steps observed by then."""
