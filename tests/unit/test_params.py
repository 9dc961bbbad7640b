"""The schema of params.yaml: what is refused, in which words, and what is read."""

import pytest
import yaml
from dvc.utils.serialize import modify_yaml
from pydantic import BaseModel, ValidationError

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.whole import Params, load_params


@pytest.fixture
def load(root, tmp_path):
    """Load the repository's params.yaml with some keys set, or with those set to ... taken out."""

    def change_and_load(changes):
        content = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
        for key, value in changes.items():
            *sections, name = key.split(".")
            group = content
            for section in sections:
                group = group[section]
            if value is ...:
                del group[name]
            else:
                group[name] = value
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return load_params(path)

    return change_and_load


def refusal(load, changes):
    with pytest.raises(InputError) as error:
        load(changes)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        ("model.head", "unknown key model.head; did you mean heads?"),
        ("train.learningrate", "unknown key train.learningrate; did you mean learning_rate?"),
        ("data.synthetic.delays", "unknown key data.synthetic.delays; did you mean delay?"),
        ("modle", "unknown key modle; did you mean model?"),
        ("run.zzz", "unknown key run.zzz; known here: workers, backend, address"),
    ],
)
def test_a_misspelt_key_is_refused_with_the_key_that_was_meant(load, key, suggestion):
    """A key that is ignored in silence makes an experiment that never took place."""
    assert suggestion in refusal(load, {key: 3})


def test_an_unknown_key_with_dots_in_it_is_named_as_it_is(tmp_path, root):
    """A dot in a name is no border between a section and a key; found by fuzzing."""
    path = tmp_path / "params.yaml"
    settings = (root / "params.yaml").read_text(encoding="utf-8")
    path.write_text(settings.replace("data:\n", "data:\n  sp...: [1, -3]\n", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"unknown key data\.sp\.\.\."):
        load_params(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data.source", "parquet"),
        ("data.channels", "some"),
        ("data.channels", 3),
        ("data.season_length", "long"),
        ("data.season_length", 0),
        ("data.split", "half"),
        ("data.split", [0.5, "x", 0.3]),
        ("data.context_length", 0),
        ("data.context_length", 96.5),
        ("data.context_length", "96"),
        ("data.file", ""),
        ("data.synthetic.delay", 0),
        ("data.synthetic.seed", -1),
        ("data.synthetic.seed", 2**31),
        ("data.synthetic.phi_above", 1.0),
        ("data.synthetic.phi_below", -1.0),
        ("data.synthetic.sigma", 0.0),
        ("data.synthetic.trend", float("nan")),
        ("data.synthetic.mu_above", float("inf")),
        ("data.synthetic.oracle_paths", 1),
        ("data.synthetic.season_lengths", 24),
        ("model.dropout", 1.0),
        ("model.dropout", -0.1),
        ("model.cell", "GRU"),
        ("model.linear_highway", "yes please"),
        ("model.linear_highway", 1),
        ("model.heads", 0),
        ("model.transformer_layers", True),
        ("model.rnn_width", False),
        ("train.epochs", 2.5),
        ("train.seeds", True),
        ("train.learning_rate", 0.0),
        ("train.learning_rate", True),
        ("train.learning_rate", "fast"),
        ("train.gradient_clip", -1.0),
        ("evaluate.margin", 0.0),
        ("evaluate.margin", 1.0),
        ("evaluate.resamples", 99),
        ("tune.trials", -1),
        ("tune.trials", 2.5),
        ("tune.budget", "money"),
        ("tune.seconds", 0.0),
        ("tune.batch", 0),
        ("tune.confirmation_seeds", 0),
        ("tune.rnn.cell", []),
        ("run.workers", -1),
        ("run.workers", None),
    ],
)
def test_a_wrong_type_or_value_is_refused_with_the_key_and_the_value(load, key, value):
    """One line says which key, and shows what was received; `true` is no count, text no number."""
    message = refusal(load, {key: value})

    assert f"{key}: " in message
    assert "x" in message if value == [0.5, "x", 0.3] else repr(value) in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.transformer_width": 64, "model.heads": 5}, "model.*: heads 5 does not divide transformer_width 64"),
        (
            {"model.transformer_width": 12, "model.heads": 4, "model.positional": "rotary"},
            "rotary needs an even transformer_width / heads, and 12 / 4 is odd",
        ),
        (
            {"model.transformer_width": 9, "model.heads": 3, "model.positional": "sinusoidal"},
            "sinusoidal needs an even transformer_width, and 9 is odd",
        ),
        (
            {"data.context_length": 16, "model.patch_length": 17},
            "model.patch_length must be at most data.context_length (16), got 17",
        ),
        (
            {"tune.transformer.heads": [1, 3]},
            "tune.transformer: every combination must be a model, but heads 3 does not divide transformer_width 32",
        ),
        (
            {"train.settings": "tuned", "model.transformer_width": 48, "model.heads": 3},
            "tune.transformer with the current model.*, which is tried first: heads 3 does not divide",
        ),
        (
            {"tune.shared.learning_rate.low": 0.01},
            "tune.shared.learning_rate: low must be below high (0.005), got 0.01",
        ),
        (
            {"train.settings": "tuned", "tune.shared.patch_length": [1, 97]},
            "tune.shared.patch_length must be at most data.context_length (96), got 97",
        ),
        ({"tune.shared.dropout": [0.0, 1.5]}, "tune.shared.dropout: input should be less than 1, got 1.5"),
        ({"tune.rnn.cell": ["GRU"]}, "tune.rnn.cell: input should be 'rnn', 'gru', 'lstm' or 'min_gru', got 'GRU'"),
        ({"run.address": "head:6379"}, "run.address is for run.backend ray or dask"),
        ({"data.split": [0.5, 0.5]}, "data.split must have 3 values (train, validation, test), got 2"),
        ({"data.split": [0.5, 0.3, 0.3]}, "data.split must be fractions that sum to at most 1, got [0.5, 0.3, 0.3]"),
        (
            {"data.split": [0.5, 100, 200]},
            "or 3 step counts of which the first may be rest",
        ),
        ({"data.split": ["rest", 0.2, 0.3]}, "data.split must be 3 fractions, or 3 step counts"),
        ({"data.split": [100, "rest", 30]}, "data.split must be 3 fractions, or 3 step counts"),
        ({"data.split": [100, 20.5, 30]}, "data.split by step counts takes whole numbers"),
        ({"data.synthetic.season_lengths": [24, 168]}, "must have equally many values (1 or more), got 2, 1 and 1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused_with_both_named(load, changes, message):
    """Each value is sound by itself; the line says what was expected of the pair and what was received."""
    assert message in refusal(load, changes)


def test_an_untuned_run_may_have_sizes_that_no_search_could_mix(load):
    """Where nothing is tuned, the values to try must not stand in the way of those that are used."""
    assert load({"model.transformer_width": 48, "model.heads": 3}).model.heads == 3


def test_all_faults_are_told_at_once(load):
    """A user with three typing errors should not need three runs to find them."""
    message = refusal(load, {"model.head": 4, "train.epochs": 0, "run.workers": ...})

    assert all(key in message for key in ("model.head", "train.epochs", "run.workers"))


@pytest.mark.parametrize("key", ["model.heads", "data.synthetic.delay", "train"])
def test_a_missing_key_is_refused(load, key):
    """The schema repeats no default, so params.yaml is the one place where each value stands."""
    assert f"key {key} is missing" in refusal(load, {key: ...})


@pytest.mark.parametrize(("key", "value"), [("model", 3), ("data.synthetic", [1, 2])])
def test_a_value_in_place_of_a_group_is_refused(load, key, value):
    """The line names the group, not the type that pydantic expected."""
    assert f"{key} must be a group of keys, got {value!r}" in refusal(load, {key: value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file must be a group of keys"),
        ("- 1\n- 2\n", "the file must be a group of keys"),
        ("model: [1, 2\n", "is not valid YAML"),
        ("model:\n\theads: 4\n", "is not valid YAML"),
        (b"# caf\xe9\n", "is not valid YAML"),
        (None, "run from the root of the project"),
    ],
)
def test_a_file_that_is_no_group_of_settings_is_refused_in_one_line(tmp_path, text, message):
    """YAML's own complaint runs over several lines; ours is one. A missing file mostly means the wrong folder."""
    path = tmp_path / "params.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(InputError, match=message) as error:
        load_params(path)

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "number"), [("1e-05", 0.00001), ("5E-4", 0.0005), ("1e3", 1000.0)])
def test_a_number_is_a_number_however_yaml_spells_it(load, text, number):
    """`dvc exp run -S train.learning_rate=1e-5` writes 1e-05, which YAML 1.1 reads as text."""
    assert load({"train.learning_rate": text}).train.learning_rate == number


def test_settings_cannot_be_changed_after_the_check(params):
    """What was checked is what runs."""
    with pytest.raises(ValidationError):
        params.train.epochs = 1


def test_a_change_by_dvc_rewrites_one_line_and_no_change_none(root, tmp_path):
    """`dvc exp run -S` writes params.yaml through ruamel.yaml; in its own style a diff shows the change alone."""
    original = (root / "params.yaml").read_bytes()
    path = tmp_path / "params.yaml"
    path.write_bytes(original)

    with modify_yaml(path):
        pass
    untouched = path.read_bytes()
    with modify_yaml(path) as content:
        content["train"]["batch_size"] += 1
    before, after = original.splitlines(), path.read_bytes().splitlines()

    assert untouched == original
    assert len(before) == len(after)
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def sections_of(schema):
    """A group of settings and all groups inside it."""
    inner = [field.annotation for field in schema.model_fields.values()]
    groups = [each for each in inner if isinstance(each, type) and issubclass(each, BaseModel)]
    return [schema, *(section for group in groups for section in sections_of(group))]


def test_every_setting_is_described_and_has_no_default_in_the_code():
    """A sentence under a field is its only documentation; a default written twice drifts apart from params.yaml."""
    sections = sections_of(Params)
    assert len(sections) > 5
    for section in sections:
        for name, field in section.model_fields.items():
            assert section is Params or field.description, f"{section.__name__}.{name}"
            assert field.is_required(), f"{section.__name__}.{name}"
