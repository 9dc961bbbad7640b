"""Settings of the comparison of the two ways of decoding."""

from typing import Annotated

from pydantic import Field

from rnn_vs_transformer.params.base import Section


class DecodingParams(Section):
    """Direct against autoregressive decoding, within each family."""

    seeds: Annotated[int, Field(ge=0)]
    """Paired seeds 0, 1, ... for which the decoding that `model.decoding` does not name is trained as well; 0 leaves
    the comparison out. Of more than `train.seeds`, only those are compared."""
