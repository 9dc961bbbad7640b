"""Epochs to parts of the way, on made-up histories with known answers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.probes.inspection.convergence import epochs_to_fractions, write_convergence
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.sources.make import make_series


def history(losses: list[float], family: str = "rnn") -> pd.DataFrame:
    return pd.DataFrame({"family": family, "seed": 0, "epoch": range(1, len(losses) + 1), "validation_loss": losses})


def test_the_first_epoch_at_or_below_the_target_counts_with_its_steps() -> None:
    """From 2.0 to 1.0, half of the way is 1.5: reached in the third epoch, though the fourth is above it again."""
    found = epochs_to_fractions(history([1.9, 1.6, 1.5, 1.7, 1.0]), 2.0, {"rnn": 10}, [0.5, 1.0])
    assert found["target_loss"].tolist() == [1.5, 1.0]
    assert found["epochs"].tolist() == [3, 5]
    assert found["steps"].tolist() == [30, 50]
    assert found["reached"].all()


def test_a_run_that_never_arrives_is_censored_at_its_last_epoch() -> None:
    """The best of any family is the end of the way for all."""
    both = pd.concat([history([1.9, 1.6]), history([1.0], "transformer")])
    found = epochs_to_fractions(both, 2.0, {"rnn": 10, "transformer": 7}, [0.99])
    assert found["reached"].tolist() == [False, True]
    assert found["epochs"].tolist() == [2, 1]
    assert found["steps"].tolist() == [20, 7]


def test_there_is_no_way_to_go_where_no_seed_comes_below_the_start() -> None:
    assert epochs_to_fractions(history([1.0]), 1.0, {"rnn": 10}).empty


def test_the_way_starts_at_the_seasonal_naives_loss(configure, pass_settings, tmp_path, monkeypatch) -> None:
    """On a rising line it is off by the season, 8; 200 train steps have the variance 3333.25, and 12 batches of 16."""
    monkeypatch.chdir(tmp_path)
    params, start = configure(), 64 / 3333.25
    made = make_series(params.data)
    panel = replace(made.panel, values=np.arange(400.0))
    save_series(replace(made, meta=replace(made.meta, season_length=8), panel=panel, floors={}))
    pass_settings(params)
    for family in FAMILIES:
        write_table(paths.history(family), history([start, 0.4 * start, 0.0]).drop(columns="family"))
    write_convergence()
    found = pd.read_csv(paths.CONVERGENCE)
    assert found["family"].unique().tolist() == list(FAMILIES)
    assert found["target_loss"].tolist()[0] == pytest.approx(start / 2)
    assert found["epochs"].tolist()[:2] == [2, 3]
    assert found["steps"].tolist()[:2] == [24, 36]
