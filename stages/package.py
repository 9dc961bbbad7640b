"""Put weights, settings, scaler, intervals and schema into one folder that can forecast anywhere."""

import logging

from rnn_vs_transformer.forecasting.artifact import FOLDER
from rnn_vs_transformer.forecasting.package import package_families
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.params import Params
from stages import run

log = logging.getLogger(__name__)


def package(params: Params) -> None:
    """Write models/forecaster; tell which family is the default."""
    artifact = package_families(BUILDERS, params.train.seeds)
    log.info("%s: forecasts with the %s by default, which has the lower validation loss", FOLDER, artifact.winner)


if __name__ == "__main__":
    run(package)
