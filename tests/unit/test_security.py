"""What lets no stranger in, read off the source: no code out of data, no shell, no package without a hash."""

import ast
import importlib.util
import re
import tomllib

import pytest
import yaml

from tools import snapshot

FORBIDDEN = {"eval", "exec", "compile", "__import__", "execfile", "breakpoint"}
FORBIDDEN_CALLS = {
    "os.system", "os.popen", "os.execv", "os.execvp", "os.spawnv", "subprocess.getoutput", "subprocess.getstatusoutput",
    "yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.unsafe_load_all", "torch.load", "torch.save",
    "torch.hub.load", "joblib.load", "joblib.dump", "np.load", "np.save", "pd.read_pickle", "pd.eval", "pickle.loads",
    "importlib.import_module", "tempfile.mktemp",
}  # fmt: skip
PICKLES = {"pickle", "cPickle", "cloudpickle", "dill", "shelve", "marshal", "jsonpickle"}
MACHINES_OWN = {"torch"}
"""Not in the lock: PyTorch's build depends on the machine; the Makefile pins its version."""


@pytest.fixture(scope="module")
def sources(root):
    """Syntax trees of all Python that a user runs, by path."""
    folders = [folder for folder in ("src", "stages", "studies", "tools", "benchmarks") if (root / folder).is_dir()]
    files = [file for folder in folders for file in sorted((root / folder).rglob("*.py"))]
    assert len(files) > 100
    return {file.relative_to(root).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def calls_of(sources):
    return [
        (path, node.lineno, ast.unparse(node.func), node)
        for path, tree in sources.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def test_no_text_becomes_code(sources):
    """Settings, tables, weights and artifacts may come from anybody; none of them may run."""
    wrong = [
        f"{path}:{line} {name}" for path, line, name, _ in calls_of(sources) if name in FORBIDDEN | FORBIDDEN_CALLS
    ]
    wrong += [
        f"{path}:{node.lineno} import of a pickle"
        for path, tree in sources.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and {alias.name.split(".")[0] for alias in node.names} & PICKLES)
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PICKLES)
    ]

    assert wrong == []


def test_yaml_makes_plain_values_only(sources):
    """A YAML tag can build any object; the safe loaders build none."""
    loads = [ast.unparse(node) for _, _, name, node in calls_of(sources) if name in {"yaml.load", "YAML"}]

    assert loads == ["YAML(typ='safe', pure=True)", "yaml.load(_content(self._files[path]), _Yaml)"]
    assert issubclass(snapshot._Yaml, yaml.CSafeLoader)


def test_no_command_goes_through_a_shell(sources):
    """Commands are lists of words, so that no name of a file or an experiment can end one and begin another."""
    commands = [(path, line, node) for path, line, name, node in calls_of(sources) if name.startswith("subprocess.")]
    through_shell = [
        f"{path}:{line}" for path, line, node in commands if any(word.arg == "shell" for word in node.keywords)
    ]
    texts = [
        f"{path}:{line}" for path, line, node in commands if isinstance(node.args[0], (ast.Constant, ast.JoinedStr))
    ]

    assert commands
    assert through_shell + texts == []


def test_the_pipeline_puts_no_setting_into_a_command(root):
    """`dvc exp run -S data.file=...` may hold anything; it is a dependency, which DVC opens, no part of a command."""
    pipeline = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))

    for stage in pipeline["stages"].values():
        commands = [stage["cmd"]] if isinstance(stage["cmd"], str) else stage["cmd"]
        assert all(re.fullmatch(r"python -m stages\.(\w|\$\{item\.\w+\})+", one) for one in commands), commands
        items = [name for names in stage.get("matrix", {}).values() if isinstance(names, list) for name in names]
        assert all(re.fullmatch(r"\w+", item) for item in items), "written in dvc.yaml, not taken from a setting"
    assert "vars" not in pipeline


def test_templates_escape_and_are_not_told_otherwise(root, sources):
    """The name of a channel is shown, not run; neither a filter nor a marker may lift that."""
    templates = list((root / "src").rglob("*.html"))
    lifted = [
        file.name for file in templates if re.search(r"\|\s*safe|autoescape|Markup", file.read_text(encoding="utf-8"))
    ]
    marked = [path for path, _, name, _ in calls_of(sources) if name.endswith(("Markup", "Template", "from_string"))]
    environments = [node for _, _, name, node in calls_of(sources) if name.endswith("Environment")]

    assert templates
    assert lifted + marked == []
    assert environments
    assert all("autoescape=True" in ast.unparse(node) for node in environments)


def test_every_package_is_pinned_by_hash_and_no_dependency_is_missing(root):
    """A package that was exchanged on its way does not install; one that nobody pinned would not be noticed."""
    lock = (root / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line for line in lock.splitlines() if line.strip() and not line.startswith("#")]
    pinned = set()
    for entry in entries:
        found = re.match(r"([A-Za-z0-9._-]+)(\[[^]]*\])?==\S+", entry)
        assert found, entry[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry[:80]
        pinned.add(normal(found[1]))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]

    assert len(pinned) > 50
    assert {normal(re.match(r"[A-Za-z0-9._-]+", want)[0]) for want in wanted} - pinned == MACHINES_OWN
    assert "--require-hashes" in (root / "Makefile").read_text(encoding="utf-8")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_an_audit_that_looked_nothing_up_is_not_called_clean(root):
    """Mirrors of PyPI know of no vulnerabilities, and pip-audit then finds none."""
    spec = importlib.util.spec_from_file_location("audit", root / "tools" / "audit.py")
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)

    known, missed = audit.judge([
        {"name": "a", "version": "1", "vulns": []},
        {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]},
        {"name": "c", "skip_reason": "not found"},
    ])  # fmt: skip

    assert known == ["b 2: PYSEC-1, mended in ['2.1']"]
    assert missed == ["c"]
