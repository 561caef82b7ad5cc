"""What the documents name is there, and what is there they name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACES = (ROOT, ROOT / "mnist_core", ROOT / "tests")
KINDS = (ROOT / "docs" / "kinds.md").read_text(encoding="utf-8")
# A path, or a module and perhaps a name in it: `jobs/queue.py`, `nn/training.measure`.
NAMED = sorted(set(re.findall(r"`((?:\.?\w+/)*\.?[\w.]+)`", KINDS)))


def files_of(named: str) -> list[Path]:
    """The files that a path may mean: itself, its module, or the module before its last names."""
    found, rest = [], named
    while rest:
        found += [place / f"{rest}{end}" for place in PLACES for end in ("", ".py")]
        rest = rest.rpartition(".")[0]
    return [path for path in found if path.exists()]


def test_the_kinds_name_modules_and_tests() -> None:
    assert len(NAMED) > 80
    assert sum("test_" in named for named in NAMED) > 30


@pytest.mark.parametrize("named", [name for name in NAMED if "/" in name or name.endswith(".py")])
def test_what_the_kinds_of_fault_name_exists(named: str) -> None:
    (file, *_) = files_of(named) or [None]
    assert file is not None, f"docs/kinds.md names {named}, which is not there"
    for name in named.removesuffix(".py").split(".")[1:] if file.is_file() else ():
        if file.suffix == ".py":
            assert re.search(rf"\b{name}\b", file.read_text(encoding="utf-8")), f"{name} in {file}"


def test_each_fault_has_its_test() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+/test_\w+\.py)`", text))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / "tests" / name).is_file()] == []


PROMISES = re.findall(
    r"^\| (.+) \| `(tests/[\w/]+\.py)(?:::(\w+))?` \|$",
    (ROOT / "docs" / "security.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_each_promise_has_its_test() -> None:
    rows = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").count("\n| ")
    tables = 2  # each with a line of titles and one of dashes
    assert len(PROMISES) == rows - 2 * tables
    for promise, file, test in PROMISES:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {test or 'test_'}", text, re.MULTILINE), promise


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_each_requirement_has_its_reason_and_licence(file: str) -> None:
    asked = re.findall(r"^([\w-]+)", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    wanted = {name for name in asked if not name.startswith("-")}
    tables = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").split("For the tests")
    rows = re.findall(r"^\| ([\w-]+) \| (.+) \| (.+) \|$", tables["dev" in file], re.MULTILINE)
    given = {name: (why, licence) for name, why, licence in rows if set(name) != {"-"}}
    given.pop("package")
    assert given.keys() == wanted
    assert all(why.strip() and licence.strip() for why, licence in given.values())
