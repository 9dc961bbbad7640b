"""The paired seeds of one family, trained side by side and written to files."""

import logging
import resource
import sys
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from rnn_vs_transformer.data.series import Meta, load_development, load_meta
from rnn_vs_transformer.data.splits import Scaler, forecast_origins
from rnn_vs_transformer.data.windows import Windows, to_tensor
from rnn_vs_transformer.models.settings import load_settings, save_settings
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.params import FitParams, RunParams, SharedModelParams
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, merge_json, write_arrays, write_table
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.training.checkpoint import Checkpoint, checkpoint_of, forget_old_runs
from rnn_vs_transformer.training.fit import Fit, fit
from rnn_vs_transformer.training.identity import run_identity
from rnn_vs_transformer.training.ranks import ALONE, CPU, Ranks, torchrun_ranks

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SeedRun:
    """What one seed's worker hands back."""

    seed: int
    fit: Fit
    peak_mebibytes: float


def train_family(family: str, build: Builder, seeds: int, run: RunParams) -> None:
    """Train all seeds of one family as tuning chose, and write weights with their settings, histories and timings.

    Args:
        family: `rnn` or `transformer`; used in file names and messages only.
        build: Makes the family's forecaster from (params, L, H).
        seeds: How many seeds.
        run: How many seeds train at once; does not change any result.

    Raises:
        InputError: An earlier stage's file is missing, or a loss is not finite.
    """
    meta, settings = load_meta(), load_settings(family, paths.tuned(family))
    with torchrun_ranks() as ranks:
        if ranks is ALONE:
            runs = train_seeds(family, build, settings.model, settings.train, seeds, run)
        else:
            runs = [train_seed(family, build, settings.model, settings.train, seed, ranks) for seed in range(seeds)]
        if ranks.rank:
            return
    save_settings(paths.settings(family), settings)
    for result in runs:
        write_arrays(paths.weights(family, result.seed), {k: v.numpy() for k, v in result.fit.state.items()})
    _write_history(family, runs)
    forecaster = build(settings.model, meta.context_length, meta.prediction_length, len(meta.channels))
    merge_json(
        paths.TIMINGS,
        family,
        {
            "train_seconds": round(float(np.mean([sum(result.fit.seconds) for result in runs])), 2),
            "epochs": float(np.mean([len(result.fit.seconds) for result in runs])),
            "peak_mebibytes": round(max(result.peak_mebibytes for result in runs)),
            "parameters": parameter_count(forecaster),
            "multiply_adds_per_window": multiply_adds_per_window(forecaster, meta.context_length),
            "of_history": fingerprint(paths.history(family)),
        },
    )
    forget_seeds(family, settings.model, settings.train, seeds)
    best = np.array([result.fit.best_validation_loss for result in runs])
    log.info("%s: validation MSE %.4f (%.4f to %.4f over seeds)", family, best.mean(), best.min(), best.max())


def train_seeds(
    family: str, build: Builder, model: SharedModelParams, train: FitParams, seeds: int, run: RunParams
) -> list[SeedRun]:
    """Train seeds side by side, each from where it was interrupted, if it was; in order.

    Once the results are written, `forget_seeds`.
    """
    epochs = [len(seed_checkpoint(family, model, train, seed).course().get("seconds", [])) for seed in range(seeds)]
    if any(epochs):
        log.info("%s: going on after epochs %s of the seeds", family, ", ".join(map(str, epochs)))
    return list(run_side_by_side(partial(train_seed, family, build, model, train), range(seeds), run, paths.SERIES))


def forget_seeds(family: str, model: SharedModelParams, train: FitParams, seeds: int) -> None:
    """Remove the checkpoints of training runs whose results are written, and old ones that nobody took up."""
    for seed in range(seeds):
        seed_checkpoint(family, model, train, seed).remove()
    forget_old_runs()


def seed_checkpoint(family: str, model: SharedModelParams, train: FitParams, seed: int) -> Checkpoint:
    """Where the training run of a seed is kept while it is under way."""
    told = {"family": family, "model": model.model_dump(), "train": train.model_dump(), "seed": seed}
    return checkpoint_of(f"{family}-seed-{seed}", run_identity(told))


def train_seed(
    family: str, build: Builder, model: SharedModelParams, train: FitParams, seed: int, ranks: Ranks = ALONE
) -> SeedRun:
    """Train one seed, with progress per step: alone from where it was interrupted, if it was, or with all ranks."""
    meta, checkpoint = load_meta(), seed_checkpoint(family, model, train, seed) if ranks is ALONE else None
    torch.manual_seed(seed)
    forecaster = build(model, meta.context_length, meta.prediction_length, len(meta.channels)).to(ranks.device)
    windows, validation = development_windows(meta, ranks.device)
    steps = -(-len(windows) // train.batch_size)
    label, pace = f"{family} seed {seed}", _pace()
    done = steps * len(checkpoint.course().get("seconds", [])) if checkpoint else 0
    with tqdm(total=steps * train.epochs, desc=label, unit="step", position=seed, mininterval=pace,
              maxinterval=10 * pace, initial=done) as bar:  # fmt: skip

        def advance(message: str) -> None:
            bar.update()
            bar.set_postfix_str(message, refresh=False)

        result = fit(forecaster, windows, validation, train, seed, advance, keeper=checkpoint, ranks=ranks)
    return SeedRun(seed, result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def development_windows(meta: Meta, device: torch.device = CPU) -> tuple[Windows, Windows]:
    """Scaled train and validation windows, from the file that holds no test step."""
    values = load_development()
    borders, lengths = meta.borders, (meta.context_length, meta.prediction_length)
    scaler = Scaler.fit(values[: borders.train_end], meta.channels)
    scaled = to_tensor(scaler.scale(values)).to(device)
    train = Windows(scaled, forecast_origins(0, borders.train_end, *lengths), *lengths)
    validation = Windows(scaled, forecast_origins(borders.train_end, borders.validation_end, *lengths), *lengths)
    return train, validation


def history_table(runs: list[SeedRun]) -> pd.DataFrame:
    """Columns seed, epoch, train_loss, validation_loss, seconds."""
    rows = [
        (result.seed, epoch, *losses)
        for result in runs
        for epoch, losses in enumerate(
            zip(result.fit.train_losses, result.fit.validation_losses, result.fit.seconds, strict=True),
            start=1,
        )
    ]
    return pd.DataFrame(rows, columns=["seed", "epoch", "train_loss", "validation_loss", "seconds"])


def _write_history(family: str, runs: list[SeedRun]) -> None:
    table = history_table(runs)
    write_table(paths.history(family), table.drop(columns="seconds"))
    write_table(paths.epoch_seconds(family), table[["seed", "epoch", "seconds"]].round(3))
    reached_by_all = min(len(result.fit.seconds) for result in runs)
    mean = table[table["epoch"] <= reached_by_all].groupby("epoch", as_index=False).mean()
    write_table(paths.mean_history(family), mean[["epoch", "train_loss", "validation_loss"]])


def _pace() -> float:
    """Seconds between updates of the progress bar: lively on a terminal, sparse in a log."""
    return 0.2 if sys.stderr.isatty() else 10.0
