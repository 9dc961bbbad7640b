"""Intervals that follow a series: what they may know, and what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_vs_transformer.evaluation.conformal import LEVELS, STEP, adaptive_intervals, half_widths, inside
from rnn_vs_transformer.evaluation.coverage import Rolling, score_rolling
from rnn_vs_transformer.runtime.files import finite


@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 99), st.sampled_from([0.0, STEP, 0.1]))
def test_an_interval_knows_no_target_before_its_time(count, horizon, seed, step):
    """Errors of windows whose last target lies beyond a forecast origin must not move that window's interval."""
    generator = np.random.default_rng(seed)
    calibration, errors = generator.normal(size=(2, 20, horizon)), generator.normal(size=(2, count, horizon))
    hits, widths = adaptive_intervals(calibration, errors, step=step)
    now = int(generator.integers(count))
    changed = errors.copy()
    changed[:, max(0, now - horizon + 1) :] = 1e6
    changed[:, now] = errors[:, now]
    changed_hits, changed_widths = adaptive_intervals(calibration, changed, step=step)
    assert (changed_hits[:, :, now] == hits[:, :, now]).all()
    assert (changed_widths[:, :, now // horizon] == widths[:, :, now // horizon]).all()


@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 99))
def test_with_no_step_the_intervals_roll_at_the_nominal_level(count, horizon, seed):
    """Each block has the plain widths of the latest windows known at its first origin."""
    generator = np.random.default_rng(seed)
    calibration, errors = generator.normal(size=(2, 30, horizon)), generator.normal(size=(2, count, horizon))
    hits, widths = adaptive_intervals(calibration, errors, step=0.0)
    for block, start in enumerate(range(0, count, horizon)):
        known = np.concatenate([calibration, errors[:, : max(0, start - horizon + 1)]], axis=1)[:, -30:]
        assert (widths[:, :, block] == half_widths(known)).all()
        some = slice(start, start + horizon)
        assert (hits[:, :, some] == inside(errors[:, some], widths[:, :, block])).all()


@given(st.integers(0, 999), st.floats(0.0, 0.3), st.floats(-0.02, 0.02))
def test_however_the_errors_drift_the_misses_stay_near_nominal(seed, unrest, growth):
    """The guarantee of Gibbs and Candes, which asks nothing of the series; here for scales that wander and explode."""
    horizon, count, step = 3, 900, 0.02
    generator = np.random.default_rng(seed)
    scales = np.exp(np.cumsum(unrest * generator.standard_normal(count) + growth))
    errors = scales[None, :, None] * generator.standard_cauchy(size=(2, count, horizon))
    hits, _ = adaptive_intervals(generator.normal(size=(2, 40, horizon)), errors, step=step)
    known = count - 2 * horizon + 1  # windows that the last of the levels has taken in
    misses = 1 - hits[:, :, :known].mean(axis=2)
    for level, share in zip(LEVELS, misses, strict=True):
        assert share.max() <= 1 - level + (1 - level) / (step * known) + 2 * horizon / known + 1e-9


def test_errors_that_keep_growing_are_covered_where_fixed_and_rolling_widths_fail():
    """Errors that double every 100 windows leave behind whatever was sized on earlier ones."""
    generator = np.random.default_rng(0)
    calibration = generator.normal(size=(1, 300, 4))
    errors = generator.normal(size=(1, 2000, 4)) * 2.0 ** (np.arange(2000) / 100)[None, :, None]
    later = slice(600, None)
    assert inside(errors, half_widths(calibration))[0, :, later].mean() < 0.1
    assert adaptive_intervals(calibration, errors, step=0.0)[0][0, :, later].mean() < 0.6
    hits, _ = adaptive_intervals(calibration, errors)
    assert hits[0, :, later].mean() == pytest.approx(0.8, abs=0.02)
    assert hits[1, :, later].mean() == pytest.approx(0.95, abs=0.01)


def test_exchangeable_errors_are_covered_at_the_nominal_rate_and_no_interval_is_unbounded():
    """Where the plain widths are right already, following chance must cost neither coverage nor bounds."""
    generator = np.random.default_rng(0)
    hits, widths = adaptive_intervals(generator.normal(size=(1, 500, 4)), generator.normal(size=(1, 4000, 4)))
    assert hits.mean(axis=(1, 2, 3)) == pytest.approx(LEVELS, abs=0.005)
    assert np.isfinite(widths).all()


def test_the_errors_of_a_series_or_step_move_no_other_interval():
    """A series that goes astray must not widen the intervals of one that does not, nor a far step those of a near."""
    generator = np.random.default_rng(0)
    calibration, errors = generator.normal(size=(2, 50, 3)), generator.normal(size=(2, 300, 3))
    hits, widths = adaptive_intervals(calibration, errors)
    errors[1, :, 2] *= 100
    changed_hits, changed_widths = adaptive_intervals(calibration, errors)
    same = np.ones((2, 3), dtype=bool)
    same[1, 2] = False
    assert (changed_hits.transpose(1, 3, 0, 2)[same] == hits.transpose(1, 3, 0, 2)[same]).all()
    assert (changed_widths.transpose(1, 3, 0, 2)[same] == widths.transpose(1, 3, 0, 2)[same]).all()
    assert (changed_widths[:, 1, -1, 2] > 10 * widths[:, 1, -1, 2]).all()


def test_a_stretch_of_exact_forecasts_is_soon_forgotten():
    """A sensor that sticks is forecast exactly; the level must not sink so far that years of misses follow."""
    generator = np.random.default_rng(0)
    calibration, later = generator.normal(size=(1, 50, 2)), generator.normal(size=(1, 4000, 2))
    errors = np.concatenate([np.zeros((1, 10_000, 2)), later], axis=1)
    hits, _ = adaptive_intervals(calibration, errors)
    assert hits[:, :, :10_000].all()
    assert hits[:, :, 12_000:].mean(axis=(1, 2, 3)) == pytest.approx(LEVELS, abs=0.02)


def test_an_unbounded_interval_is_counted_and_left_out_of_the_mean_width():
    """An infinite width would hide all others in a mean, and JSON cannot hold it."""
    generator = np.random.default_rng(0)
    calibration, errors = generator.normal(size=(1, 40, 2)), generator.normal(size=(1, 400, 2))
    errors[:, 100:] *= 2.0 ** np.arange(300)[None, :, None]
    scores = score_rolling(calibration, errors, 0.95)
    assert 0 < finite(scores.unbounded) < 1
    assert finite(scores.width) > 0
    assert scores.coverage == pytest.approx(0.95, abs=0.05)


def test_scores_of_no_bounded_interval_have_no_width():
    """Five errors are too few for 95 % from the first block on."""
    scores = score_rolling(np.ones((1, 5, 2)), np.ones((1, 2, 2)), 0.95)
    assert scores == Rolling(coverage=1.0, unbounded=1.0, width=None)


def test_a_short_last_block_counts_by_its_windows():
    """Coverage is a mean over windows, so the width and the share without bound beside it must be such means too."""
    errors = np.full((1, 5, 2), 3.0)  # blocks of 2, 2 and 1 windows; only the last knows of a 3
    errors[:, 0] = 1.0
    scores = score_rolling(np.ones((1, 4, 2)), errors, 0.8, step=0.0)
    assert scores.width == pytest.approx((2 + 2 + 2 + 2 + 6) / 5)
    scores = score_rolling(np.ones((1, 4, 2)), errors, 0.8, step=1.0)
    assert scores.unbounded == pytest.approx(1 / 5)
    assert scores.width == pytest.approx(2.0)
