"""Choose the settings of the RNN family: those of params.yaml, or the best found on validation."""

from collections.abc import Callable

from rnn_vs_transformer.models.settings import current_settings
from rnn_vs_transformer.params import Params, TunePlan
from rnn_vs_transformer.tuning.choose import choose_settings
from rnn_vs_transformer.tuning.space import Search, transformer_size
from stages import FROM_CHECKPOINTS, run


def tune_rnn(params: Params) -> Callable[[], None] | None:
    """Write the settings to train with, and the runs that led to them."""
    current = current_settings("rnn", params.model, params.train)
    search = Search(params.tune.part(TunePlan), params.tune.shared, params.tune.rnn, transformer_size(params.model))
    return choose_settings("rnn", current, search, params.run)


if __name__ == "__main__":
    run(tune_rnn, FROM_CHECKPOINTS)
