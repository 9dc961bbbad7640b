"""Series of the tests' own in the form that all data have."""

import numpy as np
import torch

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Places, Splits
from rnn_vs_transformer.data.windows import Windows, steps_of
from rnn_vs_transformer.runtime.device import CPU


def windows_of(contexts: torch.Tensor, targets: torch.Tensor, device: torch.device = CPU) -> Windows:
    """The windows with these contexts (n, L) and targets (n, H), each of a series of its own, on a device."""
    rows = torch.cat([contexts, targets], dim=1).double().numpy()
    panel, length = Panel.of([str(number) for number in range(len(rows))], list(rows)), contexts.shape[1]
    places = Places(panel.offsets[:-1] + length - 1, np.arange(len(rows)))
    return Windows(steps_of(panel, device), places, length, targets.shape[1])


def unscaled(values: np.ndarray, borders: Borders, context_length: int, prediction_length: int) -> Splits:
    """Splits of columns (steps, S), or of one series (steps,), that count as scaled already."""
    columns = values if values.ndim > 1 else values[:, None]
    none = Scaler(np.zeros(columns.shape[1]), np.ones(columns.shape[1]))
    return Splits.of_wide(columns, borders, context_length, prediction_length, none)


def one_series(origins: np.ndarray) -> Places:
    """Windows of the only series."""
    return Places(origins, np.zeros(len(origins), dtype=np.int64))


def wide_windows(values, origins, context_length, prediction_length):
    """Of the rows of values (S, steps), each with the same forecast origins; series by series, in order of time."""
    count, steps = values.shape
    panel = Panel.wide(np.asarray(values, dtype=np.float64).T, [str(number) for number in range(count)])
    cells = (np.asarray(origins)[None, :] + steps * np.arange(count)[:, None]).ravel()
    places = Places(cells, np.repeat(np.arange(count), len(origins)))
    return Windows(steps_of(panel), places, context_length, prediction_length)
