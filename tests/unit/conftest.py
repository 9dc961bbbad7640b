"""The files of a small made-up run, from which the claims, the figures and the report are made."""

import base64
import contextlib
from dataclasses import asdict, replace

import pandas as pd
import pytest

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate
from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.plotting import style
from rnn_vs_transformer.results import figure_path, load_results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, read_json, write_bytes, write_json, write_table
from rnn_vs_transformer.runtime.machine import machine_label
from rnn_vs_transformer.settings.family.families import FAMILIES

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURES = ("test_error", "decoding", "series", "recall", "training_time", "cost", "tuning_progress", "tuning_values")
"""Figures of an earlier run, for `dvc plots`; the page needs none of them."""
ROW = {"mse": 0.1, "mae": 0.2, "mase": 0.3, "skill": 0.9, "excess": 0.5, "mse_ci_low": 0.08, "mse_ci_high": 0.12}
ABOVE = {"ridge_difference": 0.33, "ridge_difference_ci_low": -0.1, "ridge_difference_ci_high": 0.7,
         "mlp_difference_ci_high": 0.7}  # fmt: skip
BELOW = {"ridge_difference": -0.33, "ridge_difference_ci_low": -0.5, "ridge_difference_ci_high": -0.2,
         "mlp_difference_ci_high": -0.1}  # fmt: skip
COMPARISON = {"relative_mse_difference": -0.5, "ci_low": -0.6, "ci_high": -0.4, "minimum_detectable_effect": 0.1}
AT_BEST = {**COMPARISON, "verdict": "transformer better", "rnn_recipe": "tutorial", "transformer_recipe": "tutorial"}
DECAY = {"decay_per_step": 0.9, "decay_per_step_ci_low": 0.8, "decay_per_step_ci_high": 0.95}
EXPONENT = {"local_exponent": 1.8, "local_exponent_ci_low": 1.7, "local_exponent_ci_high": 1.9}
SIZES = {"rnn": "model.rnn_width", "transformer": "model.transformer_width"}
META = Meta(
    settings={"source": "synthetic", "context_length": 96, "prediction_length": 2},
    series=["<script>alert(1)</script>", "b"],
    season_length=4,
    axis=Axis(),
    oracle="exact",
    windows={"train": 10, "validation": 10, "test": 1958},
    forecast_origins={"train": 10, "validation": 10, "test": 979},  # 9 blocks
)
OWN = replace(
    META,
    settings={**META.settings, "source": "csv", "file": "data/raw/stores.csv", "transform": "log1p"},
    axis=Axis("2024-01-01 00:00:00", "D"),
    oracle="none",
    covariates=[Covariate("promo <b>", "future", "flag")],
    columns=[
        {"name": "day", "role": "time", "why": "its name"},
        {"name": "promo <b>", "role": "future covariate", "why": "data.covariates"},
        {"name": "remark", "role": "left out", "why": "text"},
    ],
    notes=["series 'b' does not move in the test split, so its errors there tell little"],
    left_out={"new": "the train split has 8 steps"},
    filled_cells={"train": 3, "validation": 0, "test": 4},
    windows_left_out={"train": 5, "validation": 0, "test": 6},
)
"""The same run on a user's own series."""
REPORTS = {
    paths.METRICS: {
        "data": {"fingerprint": "0123456789ab"},
        "rnn": {**ROW, **ABOVE, "mse": 0.2},
        "transformer": {**ROW, **BELOW},
        "mlp": {**ROW, **BELOW, "mse": 0.12},
        "ridge": {"mse": 0.15, "mae": 0.2, "mase": 0.3, "skill": 0.8},
        "comparison": {**COMPARISON, "verdict": "transformer better", "each_at_its_best": AT_BEST},
    },
    paths.META: asdict(META),
    paths.PROBE: {},
    paths.INSPECT: {"gradients": {"rnn": {"untrained": DECAY}}, "lag_recovery": {"delay": 3}},
    paths.COST: {
        "machine": {"label": machine_label()},
        "measured": {"longest_context_length": 64},
        "train_step": {"cpu_one_thread": {"transformer_all_queries": EXPONENT, "crossover": {"context_length": 50.2}}},
        "memory": {"cpu": {"transformer_all_queries": EXPONENT}},
    },
}


def spread(**columns):
    """A table with a row for each combination of the columns' values."""
    return pd.MultiIndex.from_product(columns.values(), names=list(columns)).to_frame(index=False)


def rounds_of(times):
    """Five rounds of training steps that differ by a factor: (model, threads, context length) -> milliseconds."""
    rows = [(*key, ms) for key, ms in times.items()]
    table = pd.DataFrame(rows, columns=["model", "threads", "context_length", "ms"])
    table = table.merge(pd.DataFrame({"round": range(5)}), how="cross").assign(device="cpu")
    times = table["ms"] * (1 + table["round"] / 100)
    return table.assign(train_step_ms=times, inference_ms=times, peak_mebibytes=times)


def tables():
    """Tables of the run by their path."""
    families, shares = list(FAMILIES), {"rnn": 0.1, "transformer": 0.9, "gru": 0.5, "lstm": 0.6}
    seeds = spread(forecaster=families, seed=[0, 1]).assign(mse=[0.1, 0.3, 0.1, 0.1], first_50_mse=[0.2, 0.3, 0.2, 0.3])
    horizon = pd.DataFrame({"horizon_step": [1, 2], "rnn": 0.2, "transformer": 0.1, "oracle": 0.05})
    forecasts = spread(forecast_origin=range(3), horizon_step=[1, 2], series=META.series[:1])
    series = spread(forecaster=[*families, "ridge"], series=META.series)
    trials = spread(task=["recall"], model=list(shares), lag=[1, 24], seed=range(3))
    gradients = spread(stage=["untrained", "trained"], model=list(shares), steps_back=range(5))
    occlusion = spread(model=families, horizon_step=[1, 2], steps_back=range(5))
    convergence = spread(family=families, seed=[0, 1], fraction=[0.5, 0.95])
    costs = {"rnn": 2.0, "gru": 3.0, "min_gru": 1.0, "transformer": 4.0}
    one_thread = {"min_gru_loop": 6.0, "transformer_all_queries": 5.0}
    return {
        paths.SEEDS: seeds,
        paths.SERIES_SCORES: series.assign(mse=0.1, mae=0.2, mase=0.3, mae_in_units=2.0, rmse_in_units=3.0),
        paths.HORIZON: horizon.assign(rnn_low=0.1, rnn_high=0.3),
        paths.FORECASTS: forecasts.assign(truth=1.0, oracle=1.1, rnn=1.2, transformer=1.3, ridge=1.25),
        paths.PROBE_TABLE: trials.assign(recovered=trials["model"].map(shares) + 0.01 * trials["seed"]),
        paths.MEAN_GRADIENTS: gradients.assign(norm=1.0, norm_low=0.9, norm_high=1.1),
        paths.OCCLUSION_MAP: occlusion.assign(importance=1.0),
        paths.CONVERGENCE: convergence.assign(epochs=[3] * 4 + [2] * 4, reached=True),
        paths.COST_TABLE: rounds_of({(model, threads, length): ms * length / threads
                                     for model, ms in (costs | one_thread).items()
                                     for threads in ((1, 2) if model in costs else (1,)) for length in (32, 64)}),
    }  # fmt: skip


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """A folder with everything that the report reads, its figures included; no times of training."""
    monkeypatch.chdir(tmp_path)
    for path, report in REPORTS.items():
        write_json(path, report)
    for path, table in tables().items():
        write_table(path, table)
    paths.PARAMS.write_text("a: <i>1</i>\nevaluate: {margin: 0.02}\ndata: {synthetic: {delay: 48}}\n")
    paths.DEVELOPMENT.write_bytes(b"data")
    for family, last in (("rnn", 0.1), ("transformer", 0.9), ("mlp", 0.2)):
        losses = {"seed": [0, 0, 0, 1, 1, 1, 1], "epoch": [1, 2, 3, 1, 2, 3, 4], "train_loss": 0.3}
        history = pd.DataFrame({**losses, "validation_loss": [0.5, 0.6, 0.7, 0.9, 0.8, 0.9, last]})
        write_table(paths.history(family), history)
        model = {"cell": "rnn", "context_share": 1.0, "seasonal_naive": 0, "patch_length": 1}
        settings = {"model": model, "train": {"epochs": 4, "patience": 2}, "seeds": 2}
        write_json(paths.family_settings("given", family), settings)
    for name in PICTURES:
        write_bytes(figure_path(name), PIXEL)
    return tmp_path


@pytest.fixture
def time_training(saved):
    """A function that writes times of both families, as if they had just been trained."""

    def write(**changes):
        for family, seconds in (("rnn", 2.0), ("transformer", 5.0)):
            told = {"machine": machine_label(), "of": fingerprint(paths.history(family)), "train_seconds": 3 * seconds}
            sizes = {"epochs": 3.5, "parameters": 1000, "multiply_adds_per_window": 5000, "peak_mebibytes": 9}
            write_json(paths.times(family), {**told, **sizes, **changes.get(family, {})})
            history = pd.read_csv(paths.history(family))
            write_table(paths.epoch_times(family), history[["seed", "epoch"]].assign(seconds=seconds))

    return write


def search_of(family, ratio=0.9, noise=0.001):
    """Four trials of a family; the claimed finalist has `ratio` times the other's loss."""
    outcomes = [("complete", [0.5, 0.4]), ("complete", [0.3, 0.35]), ("diverged", []), ("pruned", [0.9])]
    trials = [
        {"number": number, "state": state, "losses": losses,
         "values": {"train.learning_rate": 0.001 * (number + 1), SIZES[family]: 2 ** (number + 3)}}
        for number, (state, losses) in enumerate(outcomes)
    ]  # fmt: skip
    losses = {True: [0.4 * ratio * step for step in (1 - noise, 1.0, 1 + noise)], False: [0.4] * 3}
    return {
        "plan": {"budget": "trials"},
        "epochs": 5,
        "trials": trials,
        "current": {"train.learning_rate": 0.001, SIZES[family]: 8},
        "finalists": [{"trial": 1 - claimed, "claimed": claimed, "losses": some} for claimed, some in losses.items()],
        "chosen": 1,
        "importance": {"train.learning_rate": 0.7, SIZES[family]: 0.3} if family == "rnn" else {},
    }


@pytest.fixture
def tune(saved):
    """A function that writes what a search of both families leaves; its arguments replace parts of it."""

    def write(rnn=None, transformer=None):
        for family, changes in (("rnn", rnn), ("transformer", transformer)):
            path = paths.family_settings("tuned", family)
            given = read_json(paths.family_settings("given", family))
            write_json(path, {**given, "tuning": {**search_of(family), **(changes or {})}})
            told = {"machine": machine_label(), "of": fingerprint(path), "trials": [1.0, 2.0, 1.0, 1.0]}
            write_json(paths.tuning_times(family), told)
        return load_results([], "tuned")

    return write


@pytest.fixture
def results(saved):
    """The run, read."""
    return load_results([], "given")


@pytest.fixture
def own(saved):
    """The run on a user's own series, read."""
    write_json(paths.META, asdict(OWN))
    return load_results([], "given")


@pytest.fixture
def change(saved):
    """A function that changes a JSON report of the run: the file, and what is replaced at its top."""

    def write(path, **entries):
        write_json(path, {**(read_json(path) if path.exists() else {}), **entries})

    return write


def finding(estimate, half_width=0.01, units=8):
    """One finding of a study."""
    return {"estimate": estimate, "low": estimate - half_width, "high": estimate + half_width, "units": units}


def study_report(**findings):
    """What a study leaves, of a date that no clock knows."""
    return {"measured": "2001-02-03", "findings": findings}


def decoding_report(verdict="inconclusive"):
    """What the comparison of the two decodings finds."""
    sizes = (("direct", 0.17, 100), ("autoregressive", 0.75, 250))
    modes = {mode: {"mse": mse, "multiply_adds_per_window": work} for mode, mse, work in sizes}
    steps = {f"{family}_{mode}": {"h1": 0.11, "h2": 0.22} for family in FAMILIES for mode in modes}
    found = {**modes, **COMPARISON, "verdict": verdict}
    return {"seeds": 2, **dict.fromkeys(FAMILIES, found), "steps": steps}


@pytest.fixture
def keep_axes(monkeypatch):
    """A function that keeps the axes of every figure that some modules draw, by its name."""

    def keep(*modules):
        found = {}

        @contextlib.contextmanager
        def kept(name, **sizes):
            with style.figure(name, **sizes) as axes:
                yield found.setdefault(name, axes)

        for module in modules:
            monkeypatch.setattr(module, "figure", kept)
        return found

    return keep
