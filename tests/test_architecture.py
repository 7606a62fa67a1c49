"""The house: imports point down, rooms on one floor do not know one another, no feature lacks its test or page."""

import ast
import re
from pathlib import Path

import pytest

import saliencekit
from saliencekit.measures import MEASURES

PACKAGE = Path(saliencekit.__file__).parent
ROOT = PACKAGE.parent
FLOORS = {
    "_version": 0,
    "errors": 0,
    "devices": 1,
    "files": 1,
    "preprocessing": 1,
    "versions": 1,
    "functional": 2,
    "data": 3,
    "models": 3,
    "extractors": 3,
    "losses": 3,
    "measures": 3,
    "showing": 3,
    "auditing": 4,
    "training": 4,
    "evaluation": 4,
    "reports": 5,
    "workflows": 6,
    "sweeps": 6,
    "explaining": 6,
    "demo": 7,
    "cli": 8,
    "__main__": 9,
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE)


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path):
    """Rooms that a module imports, wherever in it the import stands."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            if node.level == depth:  # relative to the package itself
                yield from [node.module.split(".")[0]] if node.module else names
            elif node.level == 0 and node.module and node.module.split(".")[0] == "saliencekit":
                parts = node.module.split(".")[1:]
                yield from parts[:1] or names
            elif node.level > depth:
                raise AssertionError(f"{path} reaches out of the package")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "saliencekit":
                    yield alias.name.split(".")[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    here = room(path)
    for other in imported_rooms(path):
        assert other == here or FLOORS[other] < FLOORS[here], (
            f"{path.relative_to(ROOT)} (floor {FLOORS[here]}) imports {other} (floor {FLOORS[other]})"
        )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_log_of_a_map_is_taken_in_one_file_only(path):
    if path.relative_to(PACKAGE).as_posix() == "functional/entropy.py":
        return
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(xlogy|special\.entr|special_entr)\b|\bmaps?\.log\(|torch\.log\(maps?", source)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_assert_for_users_and_no_bare_except(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}"
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), f"line {node.lineno}"


@pytest.mark.parametrize("name", MEASURES)
def test_each_measure_has_source_test_and_docs(name):
    for needed in (
        PACKAGE / "measures" / f"{name}.py",
        ROOT / "tests" / "measures" / f"test_{name}.py",
        ROOT / "docs" / "measures" / f"{name}.md",
    ):
        assert needed.is_file(), f"measure {name!r} lacks {needed.relative_to(ROOT)}"
