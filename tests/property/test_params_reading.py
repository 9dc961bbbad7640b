"""Any params.yaml is read as DVC reads it, or refused in one line: never a traceback, a hang, or another value."""

import re
import string

import pytest
from guards import result_or_refusal
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.sources.make import make_series

CASES = 5 * settings().max_examples
"""200 in `make test`, 2,000 in `make nightly`."""
SCALARS = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from([
        "010", "0o10", "0x1F", "1:30", "1_000", "1e5", "1.0e-3", "1e-05", ".5",
        "5.", "-0.0", ".inf", ".nan", "yes", "no", "on", "off", "true",
        "False", "null", "~", '""', "'x'", "2020-01-01", "2020-13-45", "[]", "{}",
        "[1,2]", "[[1]]", "{a:1}", "*x", "&x", "!!int,3", "!!python/object:os.system", "9999999999999999999", "1e308",
        "5e-324", "2147483648", "=cmd()", "../../etc/passwd", "/etc/passwd", "auto", "all", "none", "interpolate",
        "gru",
    ]),
    st.text(string.printable, max_size=12),
    st.text(max_size=6),
)  # fmt: skip


@pytest.fixture(scope="module")
def written(root):
    """The project's own settings, by line."""
    return (root / "params.yaml").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Load a text as params.yaml, or None where it is refused."""
    path = tmp_path_factory.mktemp("params") / "params.yaml"

    def loading(text):
        path.write_bytes(text.encode("utf-8", errors="surrogatepass") if isinstance(text, str) else text)
        return result_or_refusal(load_params, path)

    return loading


def leaves(group, prefix=""):
    for key, value in group.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def as_dvc_reads(text):
    """Settings by dotted key, by the parser of DVC."""
    return dict(leaves(YAML(typ="safe", pure=True).load(text)))


@settings(max_examples=CASES)
@given(st.data())
def test_a_changed_value_is_taken_as_dvc_takes_it_or_refused(load, written, data):
    """DVC writes this file, hashes it and shows it; a value that the code read otherwise would be run unseen."""
    lines = list(written)
    places = [number for number, line in enumerate(lines) if re.match(r" *[\w.]+: [^#]", line)]
    for place in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=2, unique=True)):
        lines[place] = lines[place].split(":")[0] + ": " + data.draw(SCALARS)
    text = "\n".join(lines) + "\n"

    params = load(text)

    if params is not None:
        theirs = as_dvc_reads(text)
        for key, value in leaves(params.model_dump()):
            if isinstance(value, float) and isinstance(theirs[key], str | int):
                assert float(theirs[key]) == value, key  # 1e-4 is a string for DVC; integers beyond 2^53 are rounded
            elif isinstance(value, str):
                assert value == str(theirs[key]) or not isinstance(theirs[key], str), key
            else:
                assert theirs[key] == value, key


@settings(max_examples=CASES)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(load, written, data):
    """Lines lost, doubled, moved, indented otherwise, or with anything between them."""
    lines = list(written)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["drop", "double", "indent", "insert", "cut"]))
        if change == "drop":
            del lines[place]
        elif change == "double":
            lines.insert(place, lines[place])
        elif change == "indent":
            lines[place] = " " * data.draw(st.integers(0, 6)) + lines[place].lstrip()
        elif change == "insert":
            lines.insert(place, data.draw(st.one_of(SCALARS, SCALARS.map("key: {}".format), st.text(max_size=20))))
        else:
            lines[place] = lines[place][: data.draw(st.integers(0, 20))]

    load("\n".join(lines))


NESTED = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@settings(max_examples=CASES)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200), st.text("[]{}:,-&*!|>'\"%@`#?ab1 \n", max_size=80)))
@example("[" * 5000)
@example("{a: " * 3000)
@example("- " * 5000)
@example(NESTED + "data: *i\n")
@example(NESTED + "data:\n  split: *i\n")
@example("a: &a [*a]\ndata: *a\n")
@example("data: {split: [0x" + "f" * 6000 + "]}")
@example("data: {season_length: " + "9" * 6000 + "}")
@example("? [1, 2]\n: 3\n")
@example("1: 2\n")
@example("data: 2020-13-45\n")
@example('"a\\nb": 1\n')
@example("a: 1\n---\nb: 2\n")
@example("<<: *x\n")
@example("<<: [1]\n")
def test_any_text_is_refused_in_one_line(load, text):
    """None of these is a whole file of settings, so each is refused, whatever YAML makes of it."""
    assert load(text) is None


WORLDS = st.fixed_dictionaries(
    {},
    optional={
        "data.synthetic.length": st.integers(1, 500),
        "data.synthetic.delay": st.one_of(st.integers(1, 40), st.just(2**31 - 1)),
        "data.synthetic.sigma": st.floats(min_value=0, exclude_min=True, allow_nan=False, allow_infinity=False),
        "data.synthetic.mu_above": st.floats(allow_nan=False, allow_infinity=False),
        "data.synthetic.trend": st.one_of(st.floats(-1, 1), st.sampled_from([1e300, -1e98, 5e-324])),
        "data.synthetic.season_lengths": st.lists(st.integers(1, 2**31 - 1), min_size=1, max_size=1),
        "data.synthetic.season_amplitudes": st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=1),
        "data.context_length": st.one_of(st.integers(1, 60), st.just(2**31 - 1)),
        "data.prediction_length": st.one_of(st.integers(1, 30), st.just(2**31 - 1)),
        "data.season_length": st.one_of(st.integers(1, 60), st.just(2**31 - 1)),
        "data.split": st.one_of(
            st.lists(st.floats(1e-3, 0.99), min_size=3, max_size=3),
            st.lists(st.floats(1, 1e300), min_size=3, max_size=3),
        ),
    },
)


@settings(max_examples=CASES)
@given(WORLDS)
def test_any_world_gives_finite_numbers_or_is_refused_in_one_line(configure, changes):
    """Numbers that each are allowed may together have no series; that is told before anything is trained."""
    try:
        params = configure(changes)
    except ValueError:
        return
    series = result_or_refusal(make_series, params.data)

    if series is not None:
        assert abs(series.panel.values).max() <= 1e100
        assert max(abs(floor).max() for floor in series.floors.values()) < 1e101
