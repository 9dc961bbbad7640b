"""What to try next, and what mattered: the one place that knows Optuna.

Akiba et al. (2019); tree-structured Parzen estimator, Bergstra et al. (2011); PED-ANOVA, Watanabe et al. (2023).
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import FrozenTrial, TrialState

from rnn_vs_transformer.tuning.runs import Run
from rnn_vs_transformer.tuning.space import Range, Space, Values

RANDOM_TRIALS: Final = 8
"""Trials that are drawn at random before the estimator has something to go by."""
GOOD_SHARE: Final = 0.25
"""Best part of the trials that PED-ANOVA holds against all; Optuna's tenth would be two of twenty."""


def propose(space: Space, current: Values, finished: Sequence[Run], count: int, seed: int) -> list[Values]:
    """The next `count` trials: a function of those of earlier batches alone, whatever ran and interrupted them.

    The first of all is `current`, the values of params.yaml.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=seed + len(finished), n_startup_trials=RANDOM_TRIALS, constant_liar=True
        )
    study = _study(sampler)
    distributions = {key: _distribution(choices) for key, choices in space.items()}
    study.add_trials([_tell(run, distributions) for run in finished])
    if not finished:
        study.enqueue_trial({key: current[key] for key in space})
    return [dict(study.ask(distributions).params) for _ in range(count)]


def importances(space: Space, finished: Sequence[Run]) -> dict[str, float]:
    """How much each key tells the best quarter of the trials from the rest; shares that sum to 1, the greatest first.

    A pruned trial counts with its best loss: only whether it is among the best quarter matters, and it is not.
    Empty where there are too few trials, or where they do not differ.
    """
    told = [run for run in finished if run.losses]
    if len(told) < RANDOM_TRIALS:
        return {}
    study = _study(optuna.samplers.RandomSampler(seed=0))
    distributions = {key: _distribution(choices) for key, choices in space.items()}
    study.add_trials([_tell(replace(run, state="complete"), distributions) for run in told])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the evaluator being new, and of keys in which the trials do not differ
        evaluator = PedAnovaImportanceEvaluator(target_quantile=GOOD_SHARE)
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    rising = sorted(found, key=lambda key: (-found[key], key))  # Optuna leaves equal ones in an order of its own
    return {key: float(found[key]) for key in rising} if sum(found.values()) > 0 else {}


def _study(sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=sampler, pruner=optuna.pruners.NopPruner())


def _distribution(choices: Range | list[Any]) -> BaseDistribution:
    if isinstance(choices, Range):
        return FloatDistribution(choices.low, choices.high, log=True)
    return CategoricalDistribution(choices)


def _tell(run: Run, distributions: dict[str, BaseDistribution]) -> FrozenTrial:
    """A finished trial as Optuna knows it; one that diverged is a pruned one without a value, the worst there is."""
    whole = run.state == "complete"
    return optuna.trial.create_trial(
        state=TrialState.COMPLETE if whole else TrialState.PRUNED,
        params={key: run.values[key] for key in distributions},
        distributions=distributions,
        value=run.best if whole else None,
        intermediate_values=dict(enumerate(run.losses)),
    )
