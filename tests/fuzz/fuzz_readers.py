"""Coverage-guided fuzzing of the readers of CSV files and params.yaml: `make fuzz`, which runs this once for each.

    python tests/fuzz/fuzz_readers.py csv|params FOLDER -max_total_time=60

FOLDER gathers the inputs that reached new code. An input that raises anything but InputError in one line, takes
10 seconds, or is read as numbers that are not finite, ends the run and is left beside FOLDER as crash-* or timeout-*.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src")]
with atheris.instrument_imports(include=["rnn_vs_transformer", "yaml", "csv"]):
    import numpy as np

    from rnn_vs_transformer.runtime.errors import InputError
    from rnn_vs_transformer.settings.whole import load_params
    from rnn_vs_transformer.sources.tabular import read_file

DIALECTS = (
    "time,a,b\n2020-01-01,1.5,2\n2020-01-02,,3\n2020-01-03,-4e5,5\n",
    "time;a\n2020-01-01;1,5\n",
    'a,b\r\n"1,234.5",2\r\n3,4\r\n',
    "date,a\n01/02/2020,1\n02/02/2020,2\n",
    "t,a\n2020-03-29T01:00+01:00,1\n2020-03-29T03:00+02:00,2\n2020-03-29T04:00+02:00,3\n",
    "month,a\n2020-01-31,1\n2020-02-29,2\n2020-04-30,3\n",
    "date,hour,a\n2020-01-01,0,1.5\n2020-01-01,1,2\n2020-01-01,2,3\n",
    "quarter,a\n2020Q1,1.5\n2020Q2,2\n2020Q3,7\n",
    "unix,a\n1577836800,1.5\n1577840400,2\n1577844000,5\n1577847600,5\n1577851200,6\n",
    "# note\ndate,a,\n20200101,1,\n20200102,.,\n20200103,NA,\n20200104,4.5,\n20200105,1,\n",
)
"""Where the search begins."""


def fuzz_csv(content: bytes) -> None:
    """Read a series."""
    Path(SERIES.file).write_bytes(content)
    panel = read_file(SERIES).panel
    assert np.isfinite(panel.values).all()
    assert panel.offsets[-1] == len(panel.values) == len(panel.observed)


def fuzz_params(content: bytes) -> None:
    """Read settings: the first byte chooses a line of the project's own, the others stand in its place."""
    lines = SETTINGS[:]
    lines[content[0] % len(lines) if content else 0] = content[1:]
    Path("params.yaml").write_bytes(b"\n".join(lines))
    load_params(Path("params.yaml"))


SERIES = load_params(ROOT / "params.yaml").data.model_copy(update={"file": "data/raw/series.csv"})
SETTINGS = (ROOT / "params.yaml").read_bytes().partition(b"model:")[0].splitlines()
"""The first section alone, as PyYAML is slow; the others are missing, which is one more fault to tell."""
TARGETS = {
    "csv": (fuzz_csv, DIALECTS),
    "params": (fuzz_params, ("\n", "\n  file: a", "\x0b  split: [1, 2, 3]", "\n  file: &x 'a'\n  more: *x")),
}


def told_in_one_line(target: Callable[[bytes], None], content: bytes) -> bool:
    """Run a reader; whether it read the input, or refused it as it should."""
    try:
        target(content)
    except InputError as error:
        return str(error).isprintable()
    return True


def main() -> None:
    """Fuzz the reader that the first argument names."""
    target, beginnings = TARGETS[sys.argv[1]]
    corpus = Path(sys.argv[2]).resolve()
    corpus.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(beginnings):
        (corpus / f"begin-{number}").write_bytes(text.encode())
    os.chdir(tempfile.mkdtemp())
    Path("data/raw").mkdir(parents=True)

    def one_input(content: bytes) -> None:
        if not told_in_one_line(target, content):
            raise AssertionError("the refusal is not one line")

    prefix = f"-artifact_prefix={corpus.parent}/"
    options = ["-timeout=10", "-max_len=2000", "-rss_limit_mb=4000", prefix, *sys.argv[3:], str(corpus)]
    atheris.Setup([sys.argv[0], *options], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
