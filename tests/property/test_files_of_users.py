"""Files of each kind that users bring are read as they expect: values, series, times, season and roles."""

import numpy as np
import pytest
from files_of_users import KINDS
from hypothesis import given, settings

from rnn_vs_transformer.data.axis import season_length_of
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.tabular import read_path

EXAMPLES = 5 if settings().max_examples <= 40 else settings().max_examples // 4
"""5 of each kind in `make test`, 100 in `make nightly`: 2,200 in all."""


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_a_file_of_each_kind_is_read_as_its_user_expects(kind, configure, tmp_path_factory):
    """Never a wrong role, a lost value or a traceback, whatever the names, the separator and the spacing are."""
    folder = tmp_path_factory.mktemp("files")

    @settings(max_examples=EXAMPLES)
    @given(kind())
    def check(case):
        path = folder / case.file
        path.write_bytes(case.content)
        params = configure(
            {
                "data.source": "csv",
                "data.missing": "interpolate",
                **{f"data.{name}": value for name, value in case.settings.items()},
            }
        ).data

        reading = read_path(path, params)

        panel = reading.panel
        assert panel.names == list(case.values)
        for name, values, observed, known in zip(
            panel.names, panel.each(), np.split(panel.observed, panel.offsets[1:-1]), case.values.values(), strict=True
        ):
            assert np.array_equal(observed, ~np.isnan(known)), name
            assert values[observed].tobytes() == known[observed].tobytes(), name
        if case.labels:
            last = panel.first_steps[0] + panel.lengths[0] - 1
            assert reading.axis.labels(np.array([last, last + 1])) == case.labels
        assert season(reading.axis) == case.season
        assert {column.name for column in reading.columns if column.role == "left out"} == case.left_out

    check()


def season(axis):
    """The season, or None where there is none."""
    try:
        return season_length_of(axis)
    except InputError:
        return None
