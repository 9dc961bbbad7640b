"""Check all settings and the input series before any stage gives up its earlier results."""

import logging
from pathlib import Path

from rnn_vs_transformer.data.evidence import NOT_ENOUGH, shortage
from rnn_vs_transformer.data.splits import require_folds
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_bytes
from rnn_vs_transformer.runtime.tracked import lack_in_copies
from rnn_vs_transformer.settings.family.families import MODELS, given_settings, save_settings
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.sources.make import make_series
from stages import run

log = logging.getLogger(__name__)


def check(params: Params) -> None:
    """Write each family's settings, and a constant file: a changed but sound setting reruns only what reads it."""
    series = make_series(params.data, with_floors=False)
    meta = series.meta
    block = meta.context_length + meta.prediction_length
    if lacking := shortage(meta.forecast_origins["test"], block, len(meta.series)):
        log.warning("%s for a verdict between the families: %s", NOT_ENOUGH, lacking.told())
    lengths = meta.context_length, meta.prediction_length
    require_folds(series.panel, series.ends, lengths, meta.season_length, params.train.validation_folds)
    if told := lack_in_copies(Path(params.data.file)):
        log.warning("--queue, --temp and clones will lack %s: %s", params.data.file, told)
    if params.run.device in {"cuda", "mps"}:
        from rnn_vs_transformer.runtime.device import devices_of  # noqa: PLC0415 - torch takes a second

        devices_of(params.run)
    for family in MODELS:
        save_settings(paths.family_settings("given", family), given_settings(family, params.model, params.train))
    write_bytes(paths.CHECKED, b"The settings and the input series can be used.\n")


if __name__ == "__main__":
    run(check, Params, files=lambda params: [Path(params.data.file)])
