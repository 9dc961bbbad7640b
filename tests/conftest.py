"""Fixtures that the unit and property tests share."""

import copy
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import settings
from torch import nn

from rnn_vs_transformer.models.settings import MODELS, current_settings, save_settings
from rnn_vs_transformer.models.shell import Embedded
from rnn_vs_transformer.params import Params, load_params
from rnn_vs_transformer.runtime import paths

ROOT = Path(__file__).resolve().parent.parent

SMALL = {
    "data.source": "synthetic",
    "data.time_column": "auto",
    "data.channels": "all",
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
    "model.cell": "rnn",
    "model.rnn_width": 8,
    "model.rnn_layers": 1,
    "model.transformer_width": 8,
    "model.transformer_layers": 2,
    "model.heads": 2,
    "model.feedforward_width": 16,
    "model.positional": "sinusoidal",
    "train.seeds": 2,
    "train.epochs": 3,
    "train.patience": 3,
    "train.batch_size": 16,
    "train.learning_rate": 1e-3,
    "train.schedule": "constant",
    "train.weight_decay": 0.0,
    "train.loss": "mse",
    "train.gradient_clip": 1.0,
    "evaluate.refit": "none",
    "tune.trials": 0,
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
    "cost.context_lengths": [32, 64, 128],
    "cost.width": 64,
}
"""Small settings of the tests' own, so that a changed params.yaml changes no test."""

CHROMIUM = next(
    filter(None, map(shutil.which, (
        "chromium", "chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ))),
    None,
)  # fmt: skip
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-logging=stderr",
    "--virtual-time-budget=20000",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no network, whatever the machine has
)

torch.set_num_threads(1)
settings.register_profile("project", deadline=None, derandomize=True, database=None, max_examples=40)
settings.register_profile("nightly", deadline=None, print_blob=True, database=None, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


def pytest_collection_modifyitems(items):
    """Quick tests first: a mutant, like any fault, is then mostly noticed within a second."""
    items.sort(key=lambda item: item.get_closest_marker("simulation") is not None)


@pytest.fixture(scope="session")
def root():
    """The root of the project."""
    return ROOT


@pytest.fixture
def params():
    """The repository's own settings."""
    return load_params(ROOT / "params.yaml")


@pytest.fixture(scope="session")
def configure():
    """A function that makes checked small settings, some keys changed, as in `configure({"model.heads": 2})`."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))

    def change(changes=None):
        changed = copy.deepcopy(content)
        for key, value in {**copy.deepcopy(SMALL), **(changes or {})}.items():
            *sections, name = key.split(".")
            group = changed
            for section in sections:
                group = group[section]
            group[name] = value
        return Params.model_validate(changed)

    return change


@pytest.fixture(scope="session")
def pass_settings():
    """A function that writes both families' settings to where tuning leaves them, and to where training does."""

    def write(params):
        for family in MODELS:
            settings = current_settings(family, params.model, params.train)
            save_settings(paths.tuned(family), settings)
            save_settings(paths.settings(family), settings)

    return write


@pytest.fixture(scope="session")
def scramble():
    """A function that gives every weight and bias a random value, so that no initial zero or one hides a fault."""

    def change(model, seed=0):
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(std=0.5, generator=generator)
        return model

    return change


@pytest.fixture
def embed():
    """A function that makes tokens (B, T, D) of our choice what a mixer reads: patches that the identity embeds."""

    def change(tokens):
        width = tokens.shape[-1]
        identity = nn.Linear(width, width, dtype=tokens.dtype)
        with torch.no_grad():
            identity.weight.copy_(torch.eye(width))
            identity.bias.zero_()
        return Embedded(tokens, identity)

    return change


@pytest.fixture
def browse(tmp_path_factory):
    """A function that opens a page in headless Chromium without a network: (DOM when all is done, console lines)."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: make chromium")

    def open_page(page, *flags):
        profile = f"--user-data-dir={tmp_path_factory.mktemp('profile')}"
        done = subprocess.run(
            [CHROMIUM, *CHROMIUM_FLAGS, profile, *flags, "--dump-dom", page.as_uri()],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return done.stdout, re.findall(r"CONSOLE.*", done.stderr)

    return open_page
