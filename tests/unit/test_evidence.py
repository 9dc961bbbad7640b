"""Too few data for a verdict are known before training, and then no number pretends that there is one."""

from types import SimpleNamespace

import numpy as np
import pytest

from rnn_vs_transformer.data.evidence import FEWEST_SERIES, NOT_ENOUGH, NotEnoughData, shortage
from rnn_vs_transformer.evaluation.coverage import coverage_row
from rnn_vs_transformer.evaluation.rows import compare_runs, control_row, family_row
from rnn_vs_transformer.evaluation.scoring import Scores
from stages.check import check

WINDOWS = 30
FEW = SimpleNamespace(block_length=10, has_blocks=False, series=[slice(None)])
PANEL = SimpleNamespace(block_length=10, has_blocks=False, series=[slice(None)] * FEWEST_SERIES)


def runs(*levels, series=1):
    """Scores of one seed per level, about which the windows and the series lie."""
    noise, each = np.random.default_rng(0).uniform(0.9, 1.1, WINDOWS), np.linspace(1.0, 1.5, series)
    return [
        Scores(
            window_mse=level * noise,
            step_mse=np.full(4, level),
            series_mse=level * each,
            series_mae=level * each,
            mae_in_units=level * each,
            rmse_in_units=level * each,
            series_mase=level * each,
            series_smape=level * each,
            shown=np.zeros((1, 4)),
        )
        for level in levels
    ]


@pytest.mark.parametrize(
    ("windows", "series", "enough"),
    [(479, 1, False), (480, 1, True), (479, 9, False), (1, 10, True)],
)
def test_four_blocks_or_ten_series_are_enough(windows, series, enough) -> None:
    assert (shortage(windows, 120, series) is None) == enough


def test_what_would_be_enough_is_told() -> None:
    """The lengths that it names are enough, and one step more is not."""
    found = shortage(180, 120, 1)
    assert found == NotEnoughData(180, 480, "not enough data")
    assert found.told() == (
        "180 test windows hold fewer than 4 independent blocks of 120 (context and prediction length); enough would be "
        "300 more steps in the test split, or data.context_length + data.prediction_length of at most 45, or 10 series"
    )
    assert shortage(180, 45, 1) is None
    assert shortage(180, 46, 1) is not None
    assert "data.context_length" not in shortage(5, 120, 1).told()


def test_rows_and_comparison_have_no_interval_and_no_difference(configure) -> None:
    """Three blocks gave "+1767 % (-100 % to +15211352816417004060672 %)"."""
    params = configure().evaluate
    assert family_row(runs(1.0, 2.0), FEW, params) == {"mse": 1.5, "mae": 1.5}
    assert control_row("ridge", runs(1.0, 2.0), runs(3.0), FEW, params) == {}
    assert compare_runs(runs(1.0, 2.0), runs(2.0, 3.0), FEW, params) == NotEnoughData(WINDOWS, 40)
    errors = [np.random.default_rng(0).normal(size=(200, 4))]
    row = coverage_row(errors, [one[:WINDOWS] for one in errors], FEW.block_length, params)
    assert "coverage_80" in row
    assert not any("_ci_" in name for name in row)


def test_ten_series_are_compared_without_blocks_of_time(configure) -> None:
    params = configure().evaluate
    row = control_row("ridge", runs(1.0, 1.0, series=10), runs(2.0, series=10), PANEL, params)
    assert list(row.values()) == pytest.approx([-0.5, -0.5, -0.5])
    assert compare_runs(runs(2.0, series=10), runs(1.0, series=10), PANEL, params).verdict == "transformer better"


@pytest.mark.parametrize(("steps", "told"), [(400, False), (150, True)])
def test_check_says_so_before_anything_is_trained(configure, tmp_path, monkeypatch, caplog, steps, told) -> None:
    monkeypatch.chdir(tmp_path)
    check(configure({"data.synthetic.length": steps}))
    said = [record.getMessage() for record in caplog.records if NOT_ENOUGH in record.getMessage()]
    assert bool(said) == told
    if told:
        assert "42 test windows hold fewer than 4 independent blocks of 16" in said[0]
        assert "enough would be 22 more steps in the test split" in said[0]


def test_the_word_is_one_everywhere() -> None:
    assert NOT_ENOUGH == NotEnoughData(1, 2).verdict == "not enough data"
