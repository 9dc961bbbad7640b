"""Check all settings and the input series before any stage gives up its earlier results."""

from rnn_vs_transformer.params import Params
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_bytes
from rnn_vs_transformer.sources.make import make_series
from stages import run


def check(params: Params) -> None:
    """Write a constant file, so that a changed but sound setting reruns only the stages that read it."""
    make_series(params.data, with_oracle=False)
    write_bytes(paths.CHECKED, b"The settings and the input series can be used.\n")


if __name__ == "__main__":
    run(check)
