"""Rules of the house that no single module can keep alone, read off the source."""

import ast
from graphlib import TopologicalSorter

import pytest

FLOW = [
    {"runtime"},
    {"settings"},
    {"data"},
    {"sources", "models"},
    {"training"},
    {"tuning"},
    {"evaluation"},
    {"forecasting"},
    {"analyses", "probes"},
    {"results"},
    {"claims", "plotting"},
    {"reporting"},
    {"__main__"},
]
"""From the lowest layer to the highest; a layer may import itself and those before it."""
LEVEL = {name: level for level, names in enumerate(FLOW) for name in names}
PACKAGE = "rnn_vs_transformer"
PROBES = {"memory", "inspection", "cost"}
MOST_LINES = 40
MOST_PARAMETERS = 6
PICKLES = {"pickle", "cloudpickle", "dill", "shelve", "marshal"}
LOADERS = {
    "torch": {"load", "save"},
    "joblib": {"load", "dump"},
    "np": {"load", "save", "savez"},
    "pd": {"read_pickle"},
}


@pytest.fixture(scope="module")
def modules(root):
    """Syntax trees of the package's modules by dotted name."""
    source = root / "src"
    files = sorted((source / PACKAGE).rglob("*.py"))
    names = [".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in zip(names, files, strict=True)}


def imports_of(tree, modules):
    """The package's modules that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that they can be followed"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else node.module for name in whole}
    return {name for name in found if name.split(".")[0] == PACKAGE}


def layer_of(module):
    return module.split(".")[1]


def test_every_part_of_the_package_has_its_place_in_the_flow(modules):
    """A new part must be given a layer here before it may import or be imported."""
    assert {layer_of(name) for name in modules if "." in name} <= LEVEL.keys()


def test_imports_run_one_way(modules):
    """A lower layer never imports a higher one: a model knows nothing of training, nor training of evaluation."""
    wrong = [
        f"{importer} imports {imported}"
        for importer, tree in modules.items()
        for imported in sorted(imports_of(tree, modules))
        if "." in importer and LEVEL[layer_of(imported)] > LEVEL[layer_of(importer)]
    ]

    assert wrong == []
    assert imports_of(modules[f"{PACKAGE}.training.fit"], modules) >= {f"{PACKAGE}.data.windows"}, "imports are found"


def test_no_two_modules_import_each_other(modules):
    """Within a layer, too, there is an order in which the modules can be read."""
    packages = {name for name in modules if any(other.startswith(f"{name}.") for other in modules)}
    graph = {name: imports_of(tree, modules) - {name} for name, tree in modules.items() if name not in packages}

    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_probes_do_not_know_each_other(modules):
    """Each is a stage of its own: an edit to one must not rerun another."""
    for importer, tree in modules.items():
        if importer.startswith(f"{PACKAGE}.probes."):
            others = PROBES - {importer.split(".")[2]}
            assert not [name for name in imports_of(tree, modules) if name.split(".")[1:2] == ["probes"]
                        and name.split(".")[2] in others]  # fmt: skip


def test_functions_are_short_and_take_few_parameters(modules):
    """What is longer does more than one thing; more parameters than six want to be an object, or a reason."""
    wrong = []
    for name, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                lines = node.end_lineno - node.lineno + 1
                given = [one for one in [*node.args.args, *node.args.kwonlyargs] if one.arg not in {"self", "cls"}]
                reason = "parameters, as" in (ast.get_docstring(node) or "")
                if lines > MOST_LINES or (len(given) > MOST_PARAMETERS and not reason):
                    wrong.append(f"{name}.{node.name}: {lines} lines, {len(given)} parameters")

    assert wrong == []


def test_only_evaluation_and_above_open_the_test_split(modules):
    """No training or model code can read a test step, because none names the loader or the file."""
    allowed = {f"{PACKAGE}.runtime.paths", f"{PACKAGE}.data.series"}
    openers = {
        module
        for module, tree in modules.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "load_test")
        or (isinstance(node, ast.alias) and node.name == "load_test")
        or (isinstance(node, ast.Attribute) and (node.attr == "load_test" or ast.unparse(node) == "paths.TEST"))
    }

    assert {name for name in openers - allowed if LEVEL[layer_of(name)] < LEVEL["evaluation"]} == set()


def test_nothing_is_pickled(root):
    """A pickle runs code when it is read; weights are safetensors, so that a poisoned file can do no harm."""
    wrong = []
    for file in [*(root / "src").rglob("*.py"), *(root / "stages").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name.split(".")[0] for alias in node.names} & PICKLES
            elif isinstance(node, ast.ImportFrom):
                module = (node.module or "").split(".")[0]
                names = {module} & PICKLES | {alias.name for alias in node.names} & LOADERS.get(module, set())
            elif isinstance(node, ast.Attribute):
                owner = ast.unparse(node.value)
                names = {node.attr} & (LOADERS.get(owner, set()) | {"to_pickle", "allow_pickle"})
            elif isinstance(node, ast.keyword):
                names = {node.arg} & {"allow_pickle"}
            else:
                continue
            wrong += [f"{file.relative_to(root)}:{getattr(node, 'lineno', 0)} {name}" for name in sorted(names)]

    assert wrong == []
