"""The house is in order: one name one meaning, plain words, every module listed, every test beside what it tests."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest
from repositories import REPOSITORY

SOURCE = REPOSITORY / "src/ontime"
MODULES = sorted(SOURCE.rglob("*.py"))
SCRIPTS = sorted((REPOSITORY / ".ci").glob("*.py"))
VERBS = {"run", "arguments", "main", "upgrade", "downgrade"}  # what every stage or action has, or every migration
PRIVATE_WORDS = {"told", "said", "found", "its", "each", "asked", "lent", "mended", "strays"}
# Tests of more than one module: of the scripts of .ci, of the record that is committed, of the second dataset.
OWN_FOLDERS = {"ci", "study", "toy", "bench"}
OF_SEVERAL = {
    "flights/test_poison.py",
    "service/test_abuse.py",
    "service/test_forgetting.py",
    "service/test_kill.py",
    "stages/test_training.py",
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def place(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def test_no_two_public_functions_or_classes_share_a_name():
    places = defaultdict(list)
    for path in MODULES:
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(place(path))
    assert {name: where for name, where in places.items() if len(where) > 1 and name not in VERBS} == {}


@pytest.mark.parametrize("path", [*MODULES, *SCRIPTS], ids=place)
def test_variables_and_arguments_say_what_they_hold(path: Path):
    nodes = list(ast.walk(tree(path)))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    assert names & PRIVATE_WORDS == set()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_no_assignment_hides_in_a_call_and_no_literal_list_is_unpacked_into_one(path: Path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            assert not [value.lineno for value in given if isinstance(value, ast.NamedExpr)]
        if isinstance(node, ast.Starred):
            assert not isinstance(node.value, ast.Tuple | ast.List), node.lineno


@pytest.mark.parametrize("package", sorted(SOURCE.rglob("__init__.py")), ids=place)
def test_a_package_says_in_a_line_what_each_of_its_modules_is(package: Path):
    if package.parent == SOURCE:
        pytest.skip("README and CONTRIBUTING say it")
    text = ast.get_docstring(tree(package)) or ""
    listed = {line.partition(":")[0] for line in text.splitlines() if ":" in line}
    there = {
        path.stem for path in package.parent.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__"}
    assert there - listed == set()


def test_a_test_stands_where_the_module_that_it_tests_stands():
    tests = [path.relative_to(REPOSITORY / "tests") for path in (REPOSITORY / "tests").rglob("test_*.py")]
    of_one = [path for path in tests if path.parts[0] not in OWN_FOLDERS and path.as_posix() not in OF_SEVERAL]
    inside = [path for path in of_one if len(path.parts) > 1]
    assert [path for path in inside if not (SOURCE / path.parent / path.name.removeprefix("test_")).exists()] == []
    assert len(inside) > 50
