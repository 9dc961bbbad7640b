"""What was read, told in lines for the log and for `inspect`."""

import numpy as np

from rnn_vs_transformer.data.axis import season_length_of
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.clock import listed
from rnn_vs_transformer.sources.tabular import Reading


def describe(reading: Reading) -> list[str]:
    """What was read, a line each: columns of one role and reason together, spacing, season, series, rows, gaps."""
    groups = dict[tuple[str, str], list[str]]()
    for column in reading.columns:
        groups.setdefault((column.role, column.why), []).append(column.name)
    rows = [(listed(names), role, why) for (role, why), names in groups.items()]
    wide = [max(len(row[place]) for row in [("column", "role", ""), *rows]) for place in (0, 1)]
    table = [("column", "role", "why"), *rows]
    lines = [f"{name:{wide[0]}}  {role:{wide[1]}}  {why}".rstrip() for name, role, why in table]
    panel, axis = reading.panel, reading.axis
    try:
        season = f"season {season_length_of(axis)}"
    except InputError:
        season = "season unknown: set data.season_length"
    first, last = int(panel.first_steps.min()), int((panel.first_steps + panel.lengths).max()) - 1
    span = axis.labels(np.array([first, last]))
    lengths = (
        f"{panel.lengths.min()} to {panel.lengths.max()}" if len(set(panel.lengths)) > 1 else f"{panel.lengths[0]}"
    )
    filled = int((~panel.observed).sum())
    return [
        *lines,
        f"{len(panel)} series of {lengths} steps out of {reading.rows} rows, {span[0]} to {span[1]}",
        f"spacing {axis.spacing}{f' in {axis.zone}' if axis.zone else ''}; {season}; {filled} values filled",
        *reading.notes,
    ]
