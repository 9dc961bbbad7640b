"""Intervals sized on one part of a series and measured on another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_vs_transformer.evaluation.conformal import half_widths, inside


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("draw", ["normal", "standard_cauchy", "standard_exponential"])
def test_exchangeable_errors_are_covered_at_the_nominal_rate(level, draw):
    """The guarantee of split-conformal intervals, whatever the distribution: level to level + 1/(N + 1) on average."""
    generator = np.random.default_rng(0)
    shares = []
    for _ in range(300):
        calibration, test = (getattr(generator, draw)(size=(1, 99, 2)) for _ in range(2))
        shares.append(inside(test, half_widths(calibration, [level])).mean())
    error = np.std(shares) / len(shares) ** 0.5
    assert level - 4 * error <= np.mean(shares) <= level + 1 / 100 + 4 * error


@given(st.integers(1, 200), st.sampled_from([0.5, 0.8, 0.9, 0.95]), st.integers(0, 99))
def test_the_width_covers_the_share_asked_of_the_calibration_errors(count, level, seed):
    """At least ceil((N + 1) level) of the N errors lie inside, and any narrower interval holds fewer."""
    errors = np.random.default_rng(seed).normal(size=(2, count, 3))
    widths = half_widths(errors, [level])[0]
    rank = int(np.ceil(round((count + 1) * level, 9)))
    if rank > count:
        assert np.isinf(widths).all()
        return
    assert (np.count_nonzero(np.abs(errors) <= widths[:, None], axis=1) == rank).all()
    narrower = np.nextafter(widths, 0)
    assert (np.count_nonzero(np.abs(errors) <= narrower[:, None], axis=1) == rank - 1).all()


def test_each_series_and_step_has_its_own_width():
    """A quiet series must not inherit the width of a noisy one, nor a near step that of a far one."""
    scales = np.array([[1.0, 2.0], [10.0, 20.0]])
    errors = np.linspace(-1, 1, 101)[None, :, None] * scales[:, None, :]
    widths = half_widths(errors, [0.8])[0]
    assert widths / widths[0, 0] == pytest.approx(scales)
