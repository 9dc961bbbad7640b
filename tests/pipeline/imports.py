"""What a stage imports from src/, found in the code itself."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


def modules_of(stage: str) -> set[str]:
    """Paths, from the root of the project, of all modules with code that `stages/<stage>.py` imports, however deep."""
    found: set[Path] = set()
    waiting = [ROOT / "stages" / f"{stage}.py", ROOT / "stages" / "__init__.py"]
    while waiting:
        for path in _imported(waiting.pop()) - found:
            found.add(path)
            waiting.append(path)
    return {path.relative_to(ROOT).as_posix() for path in found if _has_code(path)}


def _imported(path: Path) -> set[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {path for name in names for path in _files(name)}


def _files(name: str) -> set[Path]:
    """The file of a module of ours and of the packages around it; nothing for other names."""
    parts = name.split(".")
    if parts[0] != "rnn_vs_transformer":
        return set()
    candidates = [SOURCE.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
    candidates.append(SOURCE.joinpath(*parts).with_suffix(".py"))
    return {path for path in candidates if path.is_file()}


def _has_code(path: Path) -> bool:
    """Whether there is more than a docstring."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)
