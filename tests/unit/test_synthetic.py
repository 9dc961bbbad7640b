"""The synthetic world and its oracle, against closed forms and against brute-force simulation."""

import numpy as np
import pytest

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Splits, forecast_origins, split_borders
from rnn_vs_transformer.models.baselines import fit_ridge
from rnn_vs_transformer.sources import synthetic

QUIET = {"season_amplitudes": [0.0], "trend": 0.0}


@pytest.fixture
def world(configure):
    """A function that makes the small world with some parameters changed, as in `world(delay=2)`."""

    def make(**changes):
        return configure({"data.synthetic": {**configure().data.synthetic.model_dump(), **changes}}).data.synthetic

    return make


@pytest.fixture
def autoregression(world):
    """A function that makes a world whose two regimes are one: an AR(1), of which all is known in closed form."""

    def make(phi, mu=0.0, sigma=1.0, **changes):
        return world(phi_above=phi, phi_below=phi, mu_above=mu, mu_below=mu, sigma=sigma, **QUIET, **changes)

    return make


def simulated_futures(world, past, steps, paths, seed):
    """Futures (paths, steps) of the deviation, drawn one after the other from the definition of the process."""
    generator = np.random.default_rng(seed)
    futures = np.empty((paths, steps))
    for future in futures:
        history = list(past)
        for step in range(steps):
            phi, mu = (
                (world.phi_above, world.mu_above) if history[-world.delay] > 0 else (world.phi_below, world.mu_below)
            )
            history.append(mu + phi * history[-1] + world.sigma * generator.standard_normal())
            future[step] = history[-1]
    return futures


def test_season_and_trend_are_those_worked_out_by_hand(world):
    """Half a unit per step, and a sine of amplitude 2 that runs through 0, 2, 0, -2.

    Step 0 of the series is step 0 of the season: the oracle relies on it.
    """
    steps = world(trend=0.5, season_lengths=[4], season_amplitudes=[2.0], season_phases=[0.0], length=6)
    values, deviation = synthetic.simulate(steps)
    phased = world(season_lengths=[4, 2], season_amplitudes=[2.0, 1.0], season_phases=[np.pi / 2, np.pi / 2])

    for part in (synthetic.deterministic_part(steps, np.arange(6)), values - deviation):
        np.testing.assert_allclose(part, [0.0, 2.5, 1.0, -0.5, 2.0, 4.5], atol=1e-12)
    np.testing.assert_allclose(synthetic.deterministic_part(phased, np.arange(4)), [3.0, -1.0, -1.0, -1.0], atol=1e-12)


def test_the_deviation_follows_the_regime_of_the_delayed_step(world):
    """What is left of each step after its regime's drift and autoregression is noise of deviation sigma."""
    process = world(length=4000, delay=6)
    _, deviation = synthetic.simulate(process)
    now, previous, delayed = deviation[6:], deviation[5:-1], deviation[:-6]

    above = now[delayed > 0] - (-0.5 + 0.3 * previous[delayed > 0])
    below = now[delayed <= 0] - (0.5 + 0.9 * previous[delayed <= 0])

    for noise in (above, below):  # about 2000 each: bands of 4 standard errors
        assert abs(noise.mean()) < 4 * 0.3 / len(noise) ** 0.5
        assert noise.std() == pytest.approx(0.3, rel=4 / (2 * len(noise)) ** 0.5)
    assert min(len(above), len(below)) > 1000


def test_a_series_is_bit_identical_for_its_seed_and_another_for_another(world):
    """The data draw is part of the experiment's definition."""
    first, again, other = (synthetic.simulate(world(seed=seed))[0] for seed in (3, 3, 4))

    assert np.array_equal(first, again)
    assert not np.isclose(first, other).any()


@pytest.mark.parametrize("phi", [-0.5, 0.8])
def test_the_coefficient_of_an_autoregression_is_recovered(autoregression, phi):
    """With equal regimes the world is an AR(1); least squares must find phi and mu within 4 standard errors."""
    _, deviation = synthetic.simulate(autoregression(phi, mu=0.2, length=10_000))

    inputs = np.column_stack([deviation[:-1], np.ones(9999)])
    found, *_ = np.linalg.lstsq(inputs, deviation[1:])

    assert found[0] == pytest.approx(phi, abs=4 * ((1 - phi**2) / 10_000) ** 0.5)
    assert found[1] == pytest.approx(0.2, abs=0.06)


@pytest.mark.simulation
def test_the_process_has_forgotten_its_start(autoregression):
    """A series begins in the stationary state, else its train split would be another process than its test split."""
    starts = [synthetic.simulate(autoregression(0.9, mu=1.0, length=1, seed=seed))[1][0] for seed in range(60)]

    # Stationary mean 1/(1 - 0.9) and deviation 1/sqrt(1 - 0.81) = 2.294.
    assert np.mean(starts) == pytest.approx(10.0, abs=4 * 2.294 / 60**0.5)
    assert np.std(starts) == pytest.approx(2.294, rel=4 / 120**0.5)


@pytest.mark.parametrize("delay", [1, 2, 3, 5])
def test_the_oracle_equals_brute_force_simulation(world, delay):
    """The mean of many drawn futures is the best forecast, whether the oracle iterates (delay 5) or simulates."""
    process = world(delay=delay, oracle_paths=4000, **QUIET)
    _, deviation = synthetic.simulate(process)
    origins = np.array([50, 51, 300])

    forecasts = synthetic.oracle_forecast(process, deviation, origins, 5)

    for origin, forecast in zip(origins, forecasts, strict=True):
        futures = simulated_futures(process, deviation[: origin + 1], 5, paths=2000, seed=origin)
        error = futures.std(axis=0) * (1 / 2000 + 1 / 4000) ** 0.5
        assert (np.abs(forecast - futures.mean(axis=0)) < 4 * error).all()


@pytest.mark.parametrize(("delay", "exact"), [(4, True), (3, False), (1, False)])
def test_the_oracle_of_an_autoregression_is_its_closed_form(autoregression, delay, exact):
    """With phi 1/2 and mu 1 the forecast from u = 6 halves the distance to 2 at each step: 4, 3, 2.5, 2.25."""
    process = autoregression(0.5, mu=1.0, delay=delay, oracle_paths=20_000)
    deviation = np.full(10, 6.0)

    forecast = synthetic.oracle_forecast(process, deviation, np.array([9]), 4)

    assert synthetic.oracle_is_exact(process, 4) is exact
    tolerance = 1e-12 if exact else 4 * (4 / 3 / 20_000) ** 0.5  # the variance stays below 1/(1 - 1/4)
    np.testing.assert_allclose(forecast, [[4.0, 3.0, 2.5, 2.25]], rtol=0, atol=tolerance)


@pytest.mark.parametrize("delay", [1, 5])
def test_the_oracle_forecasts_in_units_of_the_series(world, delay):
    """Season and trend of the forecast steps, not of the origin, are added to the forecast of the deviation."""
    flat = world(delay=delay, **QUIET)
    shaped = world(delay=delay, trend=0.5, season_lengths=[4], season_amplitudes=[2.0])
    _, deviation = synthetic.simulate(flat)

    difference = synthetic.oracle_forecast(shaped, deviation, np.array([20, 21]), 3) - synthetic.oracle_forecast(
        flat, deviation, np.array([20, 21]), 3
    )

    np.testing.assert_allclose(difference, [[12.5, 11.0, 9.5], [11.0, 9.5, 12.0]], atol=1e-9)


@pytest.mark.parametrize("delay", [1, 3, 6])
def test_the_oracle_does_not_know_the_future(world, delay):
    """It knows the process and the past; were it to see ahead, no model could be measured by it."""
    process = world(delay=delay)
    _, deviation = synthetic.simulate(process)
    changed = deviation.copy()
    changed[101:] = 1e6

    forecasts = [synthetic.oracle_forecast(process, past, np.array([99, 100]), 4) for past in (deviation, changed)]

    assert np.array_equal(*forecasts)


@pytest.mark.parametrize("futures_at_once", [5, 60, 1000])
def test_windows_in_blocks_get_the_futures_that_they_get_all_at_once(world, monkeypatch, futures_at_once):
    """Blocks bound the memory; they must change no bit, though the last be short or a window fill its own.

    Nor does a bit change from run to run: `metrics.json` is deterministic, so its noise floor must be.
    """
    process = world(delay=2, oracle_paths=20)
    _, deviation = synthetic.simulate(process)
    origins = np.arange(50, 60)
    monkeypatch.setattr(synthetic, "FUTURES_AT_ONCE", futures_at_once)

    found = synthetic.oracle_forecast(process, deviation, origins, 6)

    generator = np.random.default_rng([process.seed, 1])
    path = [np.repeat(deviation[origins - back, None], 20, axis=1) for back in (1, 0)]
    for _ in range(6):
        above = path[-2] > 0
        drift = np.where(above, process.mu_above, process.mu_below)
        pull = np.where(above, process.phi_above, process.phi_below)
        path.append(drift + pull * path[-1] + process.sigma * generator.standard_normal((10, 20)))
    expected = np.stack([step.mean(axis=1) for step in path[2:]], axis=1)
    ahead = synthetic.deterministic_part(process, origins[:, None] + np.arange(1, 7))
    assert np.array_equal(found, ahead + expected)


def test_the_oracle_mse_of_an_autoregression_is_the_analytic_one(autoregression):
    """With phi 1/2 and sigma 1 the error variance is 1 one step ahead and 1 + 1/4 two ahead: 1.125 on the mean."""
    process = autoregression(0.5, length=20_000, delay=2)
    values, deviation = synthetic.simulate(process)
    origins = np.arange(100, 19_997)

    errors = synthetic.oracle_forecast(process, deviation, origins, 2) - values[origins[:, None] + [1, 2]]

    np.testing.assert_allclose(np.square(errors).mean(axis=0), [1.0, 1.25], rtol=0.06)
    assert np.square(errors).mean() == pytest.approx(1.125, rel=0.05)


def test_the_oracle_beats_ridge_on_the_default_world(configure):
    """The room between the best linear forecast and the best of all is what the families compete for.

    On the world of DESIGN.md, section 4, ridge has about three times the error of the oracle; twice is a wide margin.
    """
    world = {**configure().data.synthetic.model_dump(), "length": 8000, "delay": 48, "season_lengths": [24]}
    lengths = {"data.context_length": 96, "data.prediction_length": 24}
    params = configure({"data.synthetic": world, **lengths}).data
    values, deviation = synthetic.simulate(params.synthetic)
    borders = split_borders(params.split, len(values))
    scaler = Scaler.fit(Panel.of(["y"], [values[: borders.train_end]]))
    scaled = scaler.scale(values, np.array(0))
    lengths = params.context_length, params.prediction_length
    origins = forecast_origins(borders.validation_end, borders.test_end, *lengths)
    truth = scaled[origins[:, None] + np.arange(1, lengths[1] + 1)]

    oracle = synthetic.oracle_forecast(params.synthetic, deviation, origins, lengths[1])
    oracle_error = scaler.scale(oracle, np.array(0)) - truth
    splits = Splits.of_wide(scaled[:, None], borders, *lengths, scaler)
    ridge = fit_ridge(splits, lengths[0])
    ridge_error = ridge.forecast(splits.panel, splits.places("test")) - truth

    assert 2 * np.square(oracle_error).mean() < np.square(ridge_error).mean()
    assert ridge.validation_mse < 0.5


@pytest.mark.parametrize(
    ("delay", "first", "last"),
    [
        (6, [1.109803963352721, 2.265154443898291], 1.9022701046247859),
        (60, [-0.22048478548017159, 1.1721867931593917], 2.1200615917060786),
    ],
)
def test_a_seed_draws_the_series_that_it_drew_when_the_results_were_published(world, delay, first, last):
    """Committed results rest on these very draws: a process equal in law alone would change them all."""
    values, _ = synthetic.simulate(world(delay=delay))

    assert [*values[:2], values[-1]] == pytest.approx([*first, last], rel=1e-12)


def test_a_seed_simulates_the_futures_that_it_simulated_when_the_results_were_published(world):
    """The same for the oracle by Monte Carlo, whose few paths here are an average of the noise as it came."""
    small = world(delay=2, oracle_paths=4)

    forecast = synthetic.oracle_forecast(small, synthetic.simulate(small)[1], np.array([50, 70]), 4)

    expected = [0.3946118465570442, -0.8169133120056, -1.1555608055897815, -1.2414568570197086]
    assert forecast[0].tolist() == pytest.approx(expected, rel=1e-12)


def test_a_deviation_of_exactly_zero_is_not_above_zero(world):
    """`mu_below` holds where the delayed deviation is zero or below; only zeros tell that rule from its neighbour."""
    quiet = world(delay=4, mu_above=8.0, mu_below=2.0, phi_below=0.5, **QUIET)

    assert synthetic.oracle_forecast(quiet, np.zeros(10), np.array([9]), 2)[0].tolist() == [2.0, 3.0]
