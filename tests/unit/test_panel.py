"""What a panel keeps when it is cut, chosen from and joined, and what becomes of errors per series and per step."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import OF_CELLS, Panel
from rnn_vs_transformer.data.series import Meta, scale_splits
from rnn_vs_transformer.evaluation.scoring import score
from rnn_vs_transformer.evaluation.test_split import as_test_split

L, H, SEASON = 12, 4, 4


@st.composite
def panels(draw):
    """Series of any length and first step, no two cells alike, with covariates of each kind (or of none)."""
    lengths = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4))
    past, future, static = (draw(st.integers(0, 2)) for _ in range(3))
    cells, count = sum(lengths), len(lengths)
    known = np.array(draw(st.lists(st.booleans(), min_size=cells, max_size=cells)), dtype=np.bool_)
    columns = [
        base + np.arange(rows * width, dtype=np.float64).reshape(rows, width)
        for base, rows, width in ((1e3, cells, past), (2e3, cells, future), (3e3, count, static))
    ]
    bounds = np.cumsum(lengths)[:-1]
    return Panel.of(
        [f"s{number}" for number in range(count)],
        np.split(np.arange(float(cells)), bounds),
        np.split(known, bounds),
        [draw(st.integers(0, 50)) for _ in lengths],
        (columns[0], columns[1], columns[2]),
    )


def cuts_of(draw, panel):
    """A step of each series, its end among them."""
    return np.array([draw(st.integers(0, int(length))) for length in panel.lengths], dtype=np.int64)


def cells_of(panel):
    """All that is known of each cell, and of each series, by the series' names: read in loops."""
    found = {}
    for number, name in enumerate(panel.names):
        cells = range(int(panel.offsets[number]), int(panel.offsets[number + 1]))
        rows = {
            int(panel.first_steps[number]) + place: tuple(
                tuple(np.ravel(getattr(panel, part)[cell]).tolist()) for part in OF_CELLS
            )
            for place, cell in enumerate(cells)
        }
        found[name] = rows, panel.static[number].tolist()
    return found


@given(panels(), st.data())
def test_a_part_has_the_cells_between_its_steps_at_their_times(panel, data):
    """Each with its own covariates and mask: a covariate one step off would tell of the future."""
    start = cuts_of(data.draw, panel)
    end = np.array([data.draw(st.integers(int(s), int(n))) for s, n in zip(start, panel.lengths, strict=True)])

    found = cells_of(panel.part(start, end))

    for (name, (rows, static)), first, one, other in zip(
        cells_of(panel).items(), panel.first_steps, start, end, strict=True
    ):
        assert found[name] == ({step: row for step, row in rows.items() if first + one <= step < first + other}, static)


@given(panels(), st.data())
def test_what_was_cut_meets_again_with_its_covariates(panel, data):
    """Series may be empty before or behind the cut."""
    cut = cuts_of(data.draw, panel)

    whole = panel.part(0 * cut, cut).followed_by(panel.part(cut, panel.lengths))

    assert cells_of(whole) == cells_of(panel)


@given(panels(), st.data())
def test_a_chosen_series_keeps_its_times_mask_and_covariates(panel, data):
    """What is left out of training must not shift what stays."""
    some = np.array(sorted(data.draw(st.sets(st.integers(0, len(panel) - 1), min_size=1))))

    chosen = panel.chosen(some)

    assert cells_of(chosen) == {name: kept for name, kept in cells_of(panel).items() if name in chosen.names}
    assert chosen.names == [panel.names[number] for number in some]
    assert [chosen.axis_steps(cell, series) for cell, series in zip(
        np.arange(len(chosen.values)), chosen.series_of_cells, strict=True
    )] == [step for rows, _ in cells_of(chosen).values() for step in rows]  # fmt: skip


def opened(configure, *, gaps):
    """The opened test split of three ragged series of unlike units, and a forecast of it."""
    generator, lengths = np.random.default_rng(0), (90, 120, 100)
    series = [10.0**number * (5 + generator.standard_normal(length)) for number, length in enumerate(lengths)]
    panel = Panel.of(["a", "b", "c"], series, None, [0, 7, 20])
    if gaps:
        panel = replace(panel, observed=generator.random(sum(lengths)) > 0.2)
    ends = np.array([[length // 2, length * 3 // 4, length] for length in lengths])
    settings = {**configure().data.model_dump(), "source": "csv", "context_length": L, "prediction_length": H}
    meta = Meta(settings, panel.names, SEASON, Axis(), filled_cells={"test": int((~panel.observed).sum())})
    test = as_test_split(scale_splits(panel, ends, meta), meta, {})
    return panel, ends, test, generator.normal(0, 0.5, test.truth.shape)


@pytest.mark.parametrize("gaps", [False, True])
def test_the_scaled_error_weighs_each_series_by_its_own_scale(configure, gaps):
    """MASE: the error in own units over that of the seasonal naive on the observed train steps, in loops."""
    panel, ends, test, forecast = opened(configure, gaps=gaps)
    expected = []
    for number, start in enumerate(panel.offsets[:-1]):
        train = range(int(start) + SEASON, int(start) + int(ends[number, 0]))
        steps = [
            abs(panel.values[cell] - panel.values[cell - SEASON])
            for cell in train
            if panel.observed[cell] and panel.observed[cell - SEASON]
        ]
        errors = []
        for origin, series, row in zip(*test.places, forecast, strict=True):
            if series == number:
                own = test.splits.scaler.unscale(row, np.full(H, number))
                ahead = [step for step in range(H) if panel.observed[origin + 1 + step]]
                errors.append(np.mean([abs(own[step] - panel.values[origin + 1 + step]) for step in ahead]))
        expected.append(np.mean(errors) / np.mean(steps))

    scores = score(forecast, test)

    np.testing.assert_allclose(scores.series_mase, expected)
    assert scores.mase == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("gaps", [False, True])
def test_the_error_of_a_step_is_the_mean_over_series_of_that_of_its_observed_targets(configure, gaps):
    """Long series count no more than short ones, as in the whole; without gaps the steps average to the whole."""
    panel, _, test, forecast = opened(configure, gaps=gaps)
    expected = []
    for step in range(H):
        of_series = []
        for number in range(len(panel)):
            errors = [
                (row[step] - test.splits.values[origin + 1 + step]) ** 2
                for origin, series, row in zip(*test.places, forecast, strict=True)
                if series == number and panel.observed[origin + 1 + step]
            ]
            of_series.append(np.mean(errors))
        expected.append(np.mean(of_series))

    scores = score(forecast, test)

    np.testing.assert_allclose(scores.step_mse, expected)
    if not gaps:
        assert scores.step_mse.mean() == pytest.approx(scores.mse)
