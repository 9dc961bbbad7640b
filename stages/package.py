"""Put all forecasters, with scalers, intervals and how to read, into one folder that can forecast anywhere."""

import logging

from rnn_vs_transformer.forecasting.artifact import FOLDER
from rnn_vs_transformer.forecasting.package import package_forecasters
from stages import run

log = logging.getLogger(__name__)


def package() -> None:
    """Write models/forecaster; tell which forecaster is the default."""
    artifact = package_forecasters()
    errors = ", ".join(f"{name} {error:.4f}" for name, error in sorted(artifact.validation_mse.items(), key=_error))
    told = f"forecasts by {artifact.best} if not told otherwise"
    log.info("%s: %s (validation MSE, a family with its better recipe: %s)", FOLDER, told, errors)


def _error(item: tuple[str, float]) -> float:
    return item[1]


if __name__ == "__main__":
    run(package)
