"""Does it pay to choose the epoch by the mean of several validation folds? `python -m studies.fold_stopping`.

Today the models of each fold stop by the stretch that they are validated on. The alternative takes, for the models
that ship, the epoch at which the mean of three folds' validation losses is least, all trained with the same seed. It
costs the training of two more folds. Asked before these worlds were opened: is its test error lower over twelve draws,
in the mean over both recipes? It would become the rule where it is for both families, with p (Wilcoxon, Holm over the
two) below 0.05. All train for 30 epochs without patience, so that both rules choose among the same weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import torch

from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.across import compare_across, holm
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.sources.cases import draw_world
from rnn_vs_transformer.training.fit import Fit, State, Watch, fit
from rnn_vs_transformer.training.predict import predict
from studies.resumable import CASE_STUDY, Row, Work, kept_file, run_to_table
from studies.training import case_study_settings, split_world

CASE: Final = "long_memory_48"
"""The default world's."""
STEPS: Final = (2_800, 3_400, 7_400)
"""Where train, validation and test end; the folds before end 600 and 1,200 steps earlier."""
LENGTHS: Final = (96, 24)
FOLDS: Final = 3
EPOCHS: Final = 30
DRAWS: Final = range(50, 62)
SEASON_TOKENS: Final = {"model.patch_length": 24, "model.patch_stride": 24}
RECIPES: Final[Mapping[str, Mapping[str, int]]] = {"tutorial": {}, "season_tokens": SEASON_TOKENS}
MARGIN: Final = 0.02
RUNS: Final = Path("docs/results/fold_stopping.csv")
Trial = tuple[str, str, int]
"""Family, recipe and draw."""


def expected_cost(trial: Trial) -> float:
    """Roughly the seconds that a trial takes."""
    family, recipe, _ = trial
    return {"rnn": 25.0, "transformer": 120.0}[family] / (1 if recipe == "tutorial" else 10)


def run(trial: Trial) -> list[Row]:
    """Train on each fold; the test errors of fold 0's weights at its own best epoch, and at that of the mean."""
    family, recipe, draw = trial
    train_end, steps, end = STEPS
    splits = split_world(draw_world(CASE, end, draw), train_end, steps, LENGTHS)
    given = {**RECIPES[recipe], "train.epochs": EPOCHS, "train.patience": EPOCHS}
    settings = case_study_settings(family, given)
    kept = [_train(family, settings, splits.fold(fold), draw) for fold in range(FOLDS)]
    own, mean = chosen_epochs([fitted.validation_losses for fitted, _ in kept])
    errors = {
        name: _test_error(family, settings, splits, kept[0][1][epoch]) for name, epoch in (("own", own), ("mean", mean))
    }
    seconds = [sum(fitted.seconds) for fitted, _ in kept]
    row = {"model": family, "recipe": recipe, "draw": draw, "own_epoch": own + 1, "mean_epoch": mean + 1,
           "own_mse": errors["own"], "mean_mse": errors["mean"], "seconds": round(seconds[0], 1),
           "seconds_of_all_folds": round(sum(seconds), 1)}  # fmt: skip
    return [row]


def chosen_epochs(losses: Sequence[Sequence[float]]) -> tuple[int, int]:
    """The epoch, from 0, at which the first fold's validation loss is least, and at which the mean over folds is.

    >>> chosen_epochs([[3.0, 1.0, 2.0], [3.0, 5.0, 2.0]])
    (1, 2)
    """
    return int(np.argmin(losses[0])), int(np.argmin(np.mean(losses, axis=0)))


def _train(family: str, settings: FamilySettings, splits: Splits, seed: int) -> tuple[Fit, list[State]]:
    """A run, and the weights after each epoch."""
    torch.manual_seed(seed)
    model, states = BUILDERS[family](settings.model, *LENGTHS), list[State]()

    def keep(_: Fit) -> bool:
        states.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return False

    train, validation = windows_of(splits, "train", "validation")
    return fit(model, (train, validation), settings.train, seed, Watch(stops=keep)), states


def _test_error(family: str, settings: FamilySettings, splits: Splits, state: State) -> float:
    model = BUILDERS[family](settings.model, *LENGTHS)
    model.load_state_dict(state)
    forecasts, targets = predict(model, *windows_of(splits, "test"))
    return float((forecasts - targets).double().square().mean())


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """The mean of folds against one's own stretch, per family; of a world the geometric mean over recipes."""
    logs = runs.assign(own=np.log(runs["own_mse"]), mean=np.log(runs["mean_mse"]))
    worlds = logs.groupby(["model", "draw"])[["own", "mean"]].mean()
    found = {
        str(family): compare_across(np.exp(rows["own"]), np.exp(rows["mean"]), MARGIN)
        for family, rows in worlds.groupby(level="model")
    }
    table = pd.DataFrame.from_dict({name: asdict(one) for name, one in found.items()}, orient="index")
    names = {"first better": "own stretch better", "second better": "mean of folds better"}
    told = table[["units", "relative_difference", "ci_low", "ci_high", "wilcoxon_p", "verdict"]]
    return told.replace({"verdict": names}).assign(holm_p=holm(told["wilcoxon_p"].to_numpy()))


def main() -> None:
    """Write docs/results/fold_stopping.csv and print the comparisons."""
    trials = [
        (family, recipe, draw) for family in ("rnn", "transformer") for recipe in sorted(RECIPES) for draw in DRAWS
    ]
    run_to_table(Work(trials, run, expected_cost), RUNS, kept_file("fold-stopping", CASE_STUDY))
    print(compared(pd.read_csv(RUNS)).round(4).to_string())  # noqa: T201


if __name__ == "__main__":
    main()
