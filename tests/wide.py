"""Windows of series that lie side by side, from tensors of a test's own."""

import numpy as np

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.splits import Places
from rnn_vs_transformer.data.windows import Windows, steps_of


def wide_windows(values, origins, context_length, prediction_length):
    """Of the rows of values (S, steps), each with the same forecast origins; series by series, in order of time."""
    count, steps = values.shape
    panel = Panel.wide(np.asarray(values, dtype=np.float64).T, [str(number) for number in range(count)])
    cells = (np.asarray(origins)[None, :] + steps * np.arange(count)[:, None]).ravel()
    places = Places(cells, np.repeat(np.arange(count), len(origins)))
    return Windows(steps_of(panel), places, context_length, prediction_length)
