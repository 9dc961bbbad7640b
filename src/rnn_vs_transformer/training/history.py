"""What the loss histories of a family say, once they are written."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd


def best_validation_losses(history: Path) -> npt.NDArray[np.float64]:
    """Validation loss of the kept weights of each seed, (seeds,), from the losses per seed and epoch."""
    return pd.read_csv(history).groupby("seed")["validation_loss"].min().to_numpy(dtype=np.float64)
