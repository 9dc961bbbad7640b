"""Laws that the comparison obeys for all losses."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rnn_vs_transformer.evaluation.comparison import compare, diebold_mariano, verdict
from rnn_vs_transformer.evaluation.intervals import long_run_variance
from rnn_vs_transformer.settings.evaluate import EvaluateParams

ENDS = st.tuples(st.floats(-1, 1), st.floats(-1, 1)).map(sorted)


@st.composite
def losses(draw):
    """Paired positive losses of both families, of 1 to 4 seeds and 40 to 100 origins, four blocks at least."""
    shape = draw(st.integers(1, 4)), draw(st.integers(40, 100))
    generator = np.random.default_rng(draw(st.integers(0, 2**31)))
    level, spread = draw(st.floats(0.2, 5.0)), draw(st.floats(0.0, 0.5))
    rnn, noise = generator.lognormal(size=shape), generator.standard_normal(shape)
    return rnn, level * rnn * np.exp(spread * noise)


def compared(rnn, transformer):
    return compare(rnn, transformer, 10, EvaluateParams(margin=0.02, resamples=200, seed=0))


@given(ENDS, st.floats(0.001, 0.5))
def test_swapped_families_get_the_mirrored_verdict(ends, margin):
    """The rules have no favourite."""
    mirror = {"transformer better": "rnn better", "rnn better": "transformer better"}
    low, high = ends

    one, other = verdict(low, high, margin), verdict(-high, -low, margin)

    assert other == mirror.get(one, one)


@given(ENDS, st.floats(0.001, 0.5), st.floats(0.0, 0.5))
def test_a_wider_interval_never_says_more(ends, margin, wider):
    """Less certainty may turn a finding into `inconclusive`, and never one winner into the other."""
    low, high = ends

    before, after = verdict(low, high, margin), verdict(low - wider, high + wider, margin)

    assert after in {before, "inconclusive"} or before == "equivalent"
    assert not (before == "inconclusive" and after == "equivalent")


@given(losses())
def test_the_interval_holds_the_estimate(pair):
    """An interval that excluded its own estimate would make any verdict absurd."""
    result = compared(*pair)

    assert result.ci_low - 1e-9 <= result.relative_mse_difference <= result.ci_high + 1e-9
    assert result.minimum_detectable_effect >= 0


@given(losses(), st.floats(1e-3, 1e3))
def test_losses_in_another_unit_give_the_same_comparison(pair, unit):
    """Both families are measured in one unit, and which one is nobody's finding."""
    assume(np.abs(pair[0] - pair[1]).max() > 1e-9)  # a statistic of mere rounding errors has no value of its own
    plain, scaled = compared(*pair), compared(*(unit * part for part in pair))

    assert scaled.ci_low == pytest.approx(plain.ci_low, rel=1e-6, abs=1e-6)
    assert scaled.ci_high == pytest.approx(plain.ci_high, rel=1e-6, abs=1e-6)
    assert scaled.diebold_mariano == pytest.approx(plain.diebold_mariano, rel=1e-6, abs=1e-6)


@given(losses())
def test_the_order_of_seeds_is_of_no_account(pair):
    """Seeds have numbers and no order; origins are in order of time, and keep it here."""
    rnn, transformer = pair

    one, other = compared(rnn, transformer), compared(rnn[::-1], transformer[::-1])

    assert other.relative_mse_difference == pytest.approx(one.relative_mse_difference)
    assert other.diebold_mariano == pytest.approx(one.diebold_mariano, rel=1e-6, abs=1e-6)


@given(st.integers(0, 2**31), st.integers(2, 80), st.floats(-10, 10))
def test_time_turned_around_or_shifted_has_the_same_variance(seed, steps, shift):
    """The long-run variance knows how far apart two steps are, not which came first, nor their level."""
    series = np.random.default_rng(seed).standard_normal(steps)

    variance = long_run_variance(series, 5)

    assert variance >= 0
    assert long_run_variance(series[::-1], 5) == pytest.approx(variance, abs=1e-9)
    assert long_run_variance(series + shift, 5) == pytest.approx(variance, abs=1e-9)


@given(st.integers(0, 2**31), st.integers(4, 80))
def test_the_statistic_is_negated_with_the_differences(seed, steps):
    """Which family is subtracted from which decides the sign and nothing else."""
    differences = np.random.default_rng(seed).standard_normal(steps)

    assert diebold_mariano(-differences, 5) == pytest.approx(-diebold_mariano(differences, 5))
