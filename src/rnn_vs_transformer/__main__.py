"""Commands beside the pipeline: `python -m rnn_vs_transformer --help`."""

import argparse
import logging
import sys
from pathlib import Path

from rnn_vs_transformer.runtime.errors import InputError

EXAMPLES = """\
examples:
  python -m rnn_vs_transformer inspect data/raw/mine.csv
  python -m rnn_vs_transformer forecast --input data/raw/mine.csv --output forecast.csv
  dvc exp run $(python -m rnn_vs_transformer recipe case-study)

Training is the pipeline's: dvc repro. Where to start: docs/tutorial.md
"""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; a fault that the user can mend is told in one line."""
    parser = argparse.ArgumentParser(
        prog="python -m rnn_vs_transformer", description="Commands beside the pipeline.", epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="command")
    forecast = commands.add_parser("forecast", help="forecast the steps that follow the series of a file")
    forecast.add_argument("--input", type=Path, required=True, help="file of the form that was trained on")
    forecast.add_argument("--future", type=Path, help="file with the future covariates of the steps to forecast")
    forecast.add_argument("--output", type=Path, required=True, help="CSV to write")
    forecast.add_argument("--family", default="best", help="best (validation chooses; the default), rnn, transformer, "
                          "mlp, ensemble (of both and ridge), ridge, seasonal_naive or last_value")  # fmt: skip
    forecast.add_argument("--artifact", type=Path, help="folder of the forecaster (default: models/forecaster)")
    forecast.set_defaults(run=_forecast)
    inspect = commands.add_parser("inspect", help="tell how a file would be read, and the settings for it")
    inspect.add_argument("file", type=Path, help="CSV, CSV.gz, Parquet or Feather")
    inspect.add_argument("-S", dest="settings", action="append", default=[], metavar="data.KEY=VALUE",
                         help="a setting that the command shall have, as in data.time_zone=Europe/Berlin")  # fmt: skip
    inspect.set_defaults(run=_inspect)
    recipe = commands.add_parser("recipe", help="print a recipe of recipes/ for: dvc exp run $(...)")
    recipe.add_argument("name", help="a file of recipes/ without its ending")
    recipe.set_defaults(run=_recipe)
    chosen = parser.parse_args(arguments)
    try:
        chosen.run(chosen)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")


def _forecast(chosen: argparse.Namespace) -> None:
    from rnn_vs_transformer.forecasting import Forecaster  # noqa: PLC0415
    from rnn_vs_transformer.forecasting.artifact import FOLDER  # noqa: PLC0415
    from rnn_vs_transformer.runtime.files import write_table  # noqa: PLC0415 - --help must not wait for torch

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for given in filter(None, (chosen.input, chosen.future)):
        if not given.is_file():
            raise InputError(f"{given} does not exist; name a file of the form that was trained on")
        if chosen.output.resolve() == given.resolve():
            raise InputError("--output must be another file than those that are read, as in: --output forecast.csv")
    if chosen.output.suffix != ".csv":
        raise InputError(f"--output must be a .csv file, as in forecast.csv; got {chosen.output}")
    forecaster = Forecaster.load(chosen.artifact or FOLDER, chosen.family)
    found = forecaster.predict(chosen.input, chosen.future)
    write_table(chosen.output, found)
    why = ", which validation chose" if chosen.family == "best" else ""
    print(  # noqa: T201
        f"{chosen.output}: {forecaster.meta.prediction_length} steps ahead of {found['series'].nunique()} series by "
        f"{forecaster.name}{why}\n"
        "On the test split it had MASE {mase:.3g}, MSE {mse:.3g} in scaled units, and {skill:+.0%} skill against the "
        "seasonal naive".format(**forecaster.accuracy)
    )


def _inspect(chosen: argparse.Namespace) -> None:
    from pydantic import ValidationError  # noqa: PLC0415

    from rnn_vs_transformer.sources.propose import inspect  # noqa: PLC0415 - --help must not wait for pandas

    if not chosen.file.is_file():
        raise InputError(f"{chosen.file} does not exist; put your file into data/raw/ and name it")
    try:
        lines = inspect(chosen.file, chosen.settings)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(map(str, ("data", *fault["loc"])))
        raise InputError(
            f"-S {key}: {fault['msg']}; the keys and their values stand in params.yaml, under data"
        ) from None
    print(*lines, sep="\n")  # noqa: T201


def _recipe(chosen: argparse.Namespace) -> None:
    from rnn_vs_transformer.settings.recipes import recipe_overrides  # noqa: PLC0415

    print(*(f"-S {override}" for override in recipe_overrides(chosen.name)))  # noqa: T201


if __name__ == "__main__":
    main()
