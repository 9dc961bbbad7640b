"""Small settings of the tests' own, for units and pipelines alike: a changed params.yaml changes no test.

And short ways to small panels.
"""

import numpy as np
import torch

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Places, Splits
from rnn_vs_transformer.data.windows import Windows, steps_of

SMALL = {
    "data.source": "synthetic",
    "data.time_column": "auto",
    "data.channels": "all",
    "data.format": "wide",
    "data.series_column": "none",
    "data.target": "auto",
    "data.covariates": {"past": [], "future": [], "static": [], "calendar": [], "holidays": "none"},
    "data.time_format": "auto",
    "data.time_zone": "none",
    "data.separator": "auto",
    "data.transform": "none",
    "data.lower": "none",
    "data.season_length": "auto",
    "data.missing": "error",
    "data.context_length": 12,
    "data.prediction_length": 4,
    "data.split": [0.5, 0.2, 0.3],
    "data.synthetic": {
        "length": 400,
        "seed": 0,
        "delay": 6,
        "phi_above": 0.3,
        "mu_above": -0.5,
        "phi_below": 0.9,
        "mu_below": 0.5,
        "sigma": 0.3,
        "trend": 0.0,
        "season_lengths": [8],
        "season_amplitudes": [1.0],
        "season_phases": [0.0],
        "oracle_paths": 100,
    },
    "model.instance_norm": "none",
    "model.patch_length": 1,
    "model.patch_stride": 1,
    "model.readout": "last",
    "model.decoding": "direct",
    "model.dropout": 0.0,
    "model.linear_highway": False,
    "model.block": "bare",
    "model.cell": "rnn",
    "model.recurrent_start": "default",
    "model.rnn_width": 8,
    "model.rnn_layers": 1,
    "model.transformer_width": 8,
    "model.transformer_layers": 2,
    "model.heads": 2,
    "model.feedforward_width": 16,
    "model.positional": "sinusoidal",
    "model.mlp_width": 8,
    "model.mlp_layers": 1,
    "train.settings": "given",
    "train.recipes": ["tutorial", "season_tokens"],
    "train.seeds": 2,
    "train.epochs": 3,
    "train.patience": 3,
    "train.batch_size": 16,
    "train.learning_rate": 1e-3,
    "train.schedule": "constant",
    "train.weight_decay": 0.0,
    "train.loss": "mse",
    "train.gradient_clip": 1.0,
    "evaluate.resamples": 200,
    "decoding.seeds": 2,
    "backtest.refit": 40,
    "tune.trials": 3,
    "tune.budget": "trials",
    "tune.seconds": 1.0,
    "tune.batch": 3,
    "tune.pruning_warmup": 1,
    "tune.confirmation_seeds": 2,
    "tune.seed": 0,
    "tune.shared": {
        "learning_rate": {"low": 1e-4, "high": 3e-2},
        "weight_decay": [0.0, 0.1],
        "schedule": ["constant", "cosine"],
        "batch_size": [16, 32],
        "dropout": [0.0, 0.2],
        "linear_highway": [False, True],
        "patch_length": [1, 4],
        "readout": ["last", "segments"],
    },
    "tune.rnn": {"cell": ["rnn", "gru"], "rnn_width": [4, 8, 64], "rnn_layers": [1, 2]},
    "tune.transformer": {
        "transformer_width": [8, 16],
        "transformer_layers": [1, 2],
        "heads": [1, 2, 4],
        "feedforward_width": [8, 16],
        "positional": ["sinusoidal", "rotary"],
    },
    "inspect.windows": 16,
    "cost.context_lengths": [4, 8, 16],
    "cost.width": 8,
    "cost.batch_size": 2,
    "cost.rounds": 3,
    "cost.seconds": 1.0,
    "probe.tasks": ["shuffled"],
    "probe.seeds": 3,
    "probe.steps": 2,
    "probe.test_windows": 64,
    "probe.width": 8,
    "report.language": "en",
    "report.analyses": [],
}


def unscaled(values, borders, context_length, prediction_length):
    """Splits of the columns of values (steps, S), as they are."""
    series = values.shape[1]
    return Splits.of_wide(values, borders, context_length, prediction_length, Scaler(np.zeros(series), np.ones(series)))


def windows_of_pairs(contexts, targets):
    """The windows with these contexts (n, L) and targets (n, H), each a series of its own."""
    pairs = torch.cat([contexts, targets], dim=1).double().numpy()
    panel, length = Panel.of([str(number) for number in range(len(pairs))], list(pairs)), contexts.shape[1]
    places = Places(panel.offsets[:-1] + length - 1, np.arange(len(panel)))
    return Windows(steps_of(panel), places, length, targets.shape[1])
