"""What the loss histories of a family say, once they are written."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer import paths


def best_validation_losses(family: str) -> npt.NDArray[np.float64]:
    """Validation loss of the kept weights of each seed, (seeds,)."""
    history = pd.read_csv(paths.history(family))
    return history.groupby("seed")["validation_loss"].min().to_numpy(dtype=np.float64)
