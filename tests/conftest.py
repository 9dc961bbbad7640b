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
from small import SMALL
from torch import nn

from rnn_vs_transformer.models.shell import Embedded
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import MODELS, given_settings, save_settings
from rnn_vs_transformer.settings.whole import Params, load_params

ROOT = Path(__file__).resolve().parent.parent

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
    """A function that writes the settings of families and control to where `check` leaves them, and training."""

    def write(params):
        for family in MODELS:
            settings = given_settings(family, params.model, params.train)
            save_settings(paths.family_settings("given", family), settings)
            save_settings(paths.trained_settings(family), settings)

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
