"""Put weights, settings, scaler, intervals and schema into one folder that can forecast anywhere."""

import logging

from rnn_vs_transformer.forecasting.artifact import FOLDER
from rnn_vs_transformer.forecasting.package import package_families
from stages import run

log = logging.getLogger(__name__)


def package() -> None:
    """Write models/forecaster; tell which family is the default."""
    artifact = package_families()
    log.info("%s: forecasts with the %s by default, which has the lower validation loss", FOLDER, artifact.winner)


if __name__ == "__main__":
    run(package)
