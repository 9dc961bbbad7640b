"""Choose the settings of the Transformer family: those of params.yaml, or the best found on validation."""

from collections.abc import Callable

from rnn_vs_transformer.models.settings import current_settings
from rnn_vs_transformer.params import Params, TunePlan
from rnn_vs_transformer.tuning.choose import choose_settings
from rnn_vs_transformer.tuning.space import Search
from stages import FROM_CHECKPOINTS, run


def tune_transformer(params: Params) -> Callable[[], None] | None:
    """Write the settings to train with, and the runs that led to them."""
    current = current_settings("transformer", params.model, params.train)
    search = Search(params.tune.part(TunePlan), params.tune.shared, params.tune.transformer, None)
    return choose_settings("transformer", current, search, params.run)


if __name__ == "__main__":
    run(tune_transformer, FROM_CHECKPOINTS)
