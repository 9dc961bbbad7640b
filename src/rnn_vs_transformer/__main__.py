"""Commands beside the pipeline: `python -m rnn_vs_transformer --help`."""

import argparse
import sys
from pathlib import Path

from rnn_vs_transformer.runtime.errors import InputError


def main(arguments: list[str] | None = None) -> None:
    """Run a command; a fault that the user can mend is told in one line."""
    parser = argparse.ArgumentParser(prog="python -m rnn_vs_transformer", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    forecast = commands.add_parser("forecast", help="forecast the steps that follow a CSV file")
    forecast.add_argument("--input", type=Path, required=True, help="CSV with the columns of the training series")
    forecast.add_argument("--output", type=Path, required=True, help="CSV to write")
    forecast.add_argument("--family", choices=["rnn", "transformer"], help="default: the lower validation loss")
    forecast.add_argument("--artifact", type=Path, help="folder of the forecaster (default: models/forecaster)")
    forecast.set_defaults(run=_forecast)
    inspect = commands.add_parser("inspect", help="tell how a file is read, and the settings for it, without training")
    inspect.add_argument("file", type=Path, help="CSV, CSV.gz, Parquet or Feather")
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
    from rnn_vs_transformer.forecasting.forecaster import SPACING_ROWS  # noqa: PLC0415
    from rnn_vs_transformer.runtime.files import write_table  # noqa: PLC0415
    from rnn_vs_transformer.sources.tabular import read_channels  # noqa: PLC0415 - --help must not wait for torch

    if not chosen.input.is_file():
        raise InputError(f"{chosen.input} does not exist")
    if chosen.output.resolve() == chosen.input.resolve():
        raise InputError("--output must be another file than --input")
    forecaster = Forecaster.load(chosen.artifact or FOLDER, chosen.family)
    schema = forecaster.schema
    rows = max(schema.context_length, SPACING_ROWS)
    frame = read_channels(chosen.input, schema.time_column, schema.channels, rows)
    write_table(chosen.output, forecaster.predict(frame))
    print(f"{chosen.output}: {schema.prediction_length} steps ahead by the {forecaster.family}")  # noqa: T201


def _inspect(chosen: argparse.Namespace) -> None:
    from rnn_vs_transformer.sources.propose import inspect  # noqa: PLC0415 - --help must not wait for pandas

    print(*inspect(chosen.file), sep="\n")  # noqa: T201


def _recipe(chosen: argparse.Namespace) -> None:
    from rnn_vs_transformer.settings.recipes import recipe_overrides  # noqa: PLC0415

    print(*(f"-S {override}" for override in recipe_overrides(chosen.name)))  # noqa: T201


if __name__ == "__main__":
    main()
