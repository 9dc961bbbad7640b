"""The stage of a family: settings as they are, at once, or as a search finds them."""

from collections.abc import Callable

from rnn_vs_transformer.models.settings import FamilySettings, save_settings
from rnn_vs_transformer.params import RunParams
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json
from rnn_vs_transformer.tuning.space import Search


def choose_settings(family: str, current: FamilySettings, search: Search, run: RunParams) -> Callable[[], None] | None:
    """Write the settings to train with, and all runs that led to them.

    Args:
        family: `rnn` or `transformer`.
        current: The family's part of params.yaml.
        search: Budget and space; without trials the current settings are written as they are.
        run: How many runs at once, and where; does not change any result.

    Returns:
        What to call when the results stand: it forgets the runs that an interrupted search would go on from.

    Raises:
        InputError: An earlier stage's file is missing, or the budget cannot be kept.
    """
    if search.plan.trials == 0:
        save_settings(paths.tuned(family), current)
        write_json(paths.tuning_runs(family), {"trials": []})
        return None
    from rnn_vs_transformer.tuning.search import run_search  # noqa: PLC0415 - untuned, nobody should wait for torch

    settings, store = run_search(family, current, search, run)
    save_settings(paths.tuned(family), settings)
    return store.remove
