"""The rooms of the house: which may import which, read from the picture in docs/architecture.md.

Every import statement of every module counts: at its top, within a function, and for types alone.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 300  # of a module; one that is longer is two
# Tests of the product as a whole, and tests that are about a room, not about one of its modules.
WHOLE = {"browser", "faults"}
ABOUT_A_ROOM = {
    "benchmarks/test_short.py",
    *("runs/test_made_up.py", "sweep/test_made_up.py"),
    "charts/test_all.py",
    "pages/test_charts.py",
    "pages/test_other_data.py",
    "nn/test_accuracy.py",
    "nn/test_same_weights.py",
    "nn/test_turn.py",
    "runs/test_backup.py",
    "runs/test_change.py",
    "runs/test_mlflow.py",
    "runs/test_old_home.py",
}


def named(path: Path) -> str:
    """A file's name as a module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {
    named(path): path
    for path in (ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("mnist_core/**/*.py"))
    if path != ROOT / "mnist_core" / "__init__.py"  # below all rooms; it imports nothing of ours
}
CORE = sorted(name for name in SOURCES if name.split(".")[0] == "mnist_core")


def picture() -> list[list[str]]:
    """The layers of docs/architecture.md from the top down: the rooms on each line."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```layers\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\.py\b", "", line).replace("/", ".").split() for line in block.splitlines()]
    return [line for line in lines if line]


LAYERS = picture()
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


def room_of(module: str) -> str:
    """The room of the picture in which a module lives: the longest name that it begins with."""
    while module not in LEVEL:
        assert "." in module, f"{module} is in no room of docs/architecture.md"
        module = module.rsplit(".", 1)[0]
    return module


@cache
def tree(path: Path) -> ast.Module:
    """A file as Python reads it, once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(module: str) -> frozenset[str]:
    """Full names of all that a module imports, wherever it does."""
    return imports_in(SOURCES[module])


@cache
def imports_in(path: Path) -> frozenset[str]:
    """Full names of all that a file imports, wherever it does."""
    module, found = named(path), set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative imports hide the arrows"
            assert node.module is not None
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def ours(module: str) -> set[str]:
    """The modules of this project that a module imports; of a package, what is in its file."""
    return {name for name in imports_of(module) if name in SOURCES and name != module}


def test_imports_point_down() -> None:
    for module in SOURCES:
        room = room_of(module)
        for name in ours(module):
            other = room_of(name)
            assert other == room or LEVEL[other] > LEVEL[room], f"{module} imports {name}"


def test_no_module_imports_itself_over_others() -> None:
    done: set[str] = set()
    left = {module: ours(module) for module in SOURCES}
    while left:
        ready = {module for module, needs in left.items() if needs <= done}
        assert ready, f"these import each other: {sorted(left)}"
        done |= ready
        left = {module: needs for module, needs in left.items() if module not in ready}


def test_the_picture_shows_what_is_there() -> None:
    assert len(LEVEL) == sum(map(len, LAYERS)), "a room is drawn twice"
    assert {room_of(module) for module in SOURCES} == set(LEVEL)
    shown = {path.stem for path in (ROOT / "mnist_core").iterdir() if path.stem[0] != "_"}
    assert len(shown) <= 18, "mnist_core shows so many names at most"


@pytest.mark.parametrize(
    ("package", "room"),
    [
        ("distributed", "mnist_core.jobs"),
        ("dask", "mnist_core.jobs"),
        ("mlflow", "mnist_core.runs"),
        ("optuna.storages", "mnist_core.sweep"),
        ("streamlit_drawable_canvas", "pages.ui.draw"),
    ],
)
def test_one_room_alone_imports(package: str, room: str) -> None:
    users = {
        room_of(module)
        for module in SOURCES
        if any(f"{name}.".startswith(f"{package}.") for name in imports_of(module))
    }
    assert users <= {room}
    assert users or package == "dask"


def test_the_core_knows_no_streamlit() -> None:
    for module in CORE:
        roots = {name.split(".")[0] for name in imports_of(module)}
        above = roots & {"streamlit", "streamlit_drawable_canvas", "tests", "benchmarks"}
        assert not above, f"{module} imports {above}"


def test_a_folder_of_pages_ui_belongs_to_one_page() -> None:
    for module in SOURCES:
        for name in ours(module):
            room = room_of(name)
            if room.startswith("pages.ui.") and room_of(module) != room:
                assert module == f"pages.{room.rsplit('.', 1)[1]}", f"{module} imports {name}"


@cache
def private_names(room: str) -> frozenset[str]:
    """The private names that the modules and classes of a room define."""
    found = set()
    for module in (name for name in SOURCES if room_of(name) == room):
        for node in ast.walk(tree(SOURCES[module])):
            match node:
                case (
                    ast.FunctionDef(name=name)
                    | ast.ClassDef(name=name)
                    | ast.Name(id=name, ctx=ast.Store())
                    | ast.Attribute(attr=name, ctx=ast.Store())
                ):
                    found.add(name)
    return frozenset(name for name in found if re.match("_(?!_)", name))


def test_nobody_names_a_private_part_of_another_room() -> None:
    for module in SOURCES:
        own = private_names(room_of(module))
        others = frozenset().union(*(private_names(room) for room in LEVEL)) - own
        for name in imports_of(module):
            if name.split(".")[0] in ("mnist_core", "pages"):
                assert name.rsplit(".", 1)[-1] not in others, f"{module} imports {name}"
        for node in ast.walk(tree(SOURCES[module])):
            if isinstance(node, ast.Attribute) and node.attr in others:
                raise AssertionError(f"{module} names {ast.unparse(node)}")


def test_what_is_drawn_alone_takes_its_turn() -> None:
    for module in SOURCES:
        named = any(
            isinstance(node, ast.Attribute)
            and (node.attr, ast.unparse(node.value)) == ("fragment", "st")
            for node in ast.walk(tree(SOURCES[module]))
        )
        assert named == (module == "pages.ui.fragments"), module


def test_no_code_is_coloured() -> None:
    """Streamlit's colour of a number in code is too pale on the light page; it comes late."""
    found = [
        (module, {word.arg: ast.unparse(word.value) for word in node.keywords})
        for module in SOURCES
        for node in ast.walk(tree(SOURCES[module]))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.code"
    ]
    assert found
    assert all(words.get("language") == "None" for _, words in found), found


def test_a_module_is_one_thing() -> None:
    for module in SOURCES:
        lines = len(SOURCES[module].read_text(encoding="utf-8").splitlines())
        assert lines <= MOST_LINES, f"{module} has {lines} lines"


def reach(module: str) -> set[str]:
    """All of the project that is loaded with a module: what is imported at its top."""
    seen, left = set(), [module]
    while left:
        new = set()
        for node in tree(SOURCES[left.pop()]).body:
            if isinstance(node, ast.ImportFrom):
                new |= {f"{node.module}", *(f"{node.module}.{a.name}" for a in node.names)}
            elif isinstance(node, ast.Import):
                new |= {alias.name for alias in node.names}
        new = {name for name in new if name in SOURCES} - seen
        seen |= new
        left += new
    return seen


@pytest.mark.parametrize("module", ["mnist_core.runs.store", "mnist_core.jobs.queue"])
def test_whoever_keeps_or_submits_runs_does_not_load_training(module: str) -> None:
    assert not {room_of(name) for name in reach(module)} & {"mnist_core.population"}
    assert not reach(module) & {"mnist_core.nn.training", "mnist_core.data.datasets"}


def test_charts_know_only_configurations() -> None:
    rooms = {room_of(m) for n in SOURCES if room_of(n) == "mnist_core.charts" for m in reach(n)}
    assert rooms <= {"mnist_core.charts", "mnist_core.config", "mnist_core.errors"}


def loaded_by(code: str) -> set[str]:
    """Top-level packages that a fresh process has loaded after running ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.slow
def test_all_of_the_core_loads_without_streamlit() -> None:
    names = [name for name in CORE if not name.endswith("__main__")]
    loaded = loaded_by("\n".join(f"import {name}" for name in names))
    assert {"mnist_core", "torch"} <= loaded
    assert "streamlit" not in loaded


def test_configurations_load_without_pytorch() -> None:
    loaded = loaded_by("import mnist_core.config.sweep, mnist_core.nn.events, mnist_core.cli.main")
    assert "mnist_core" in loaded
    assert not loaded & {"torch", "torchvision", "mlflow", "distributed", "streamlit"}


def test_what_a_job_is_loads_nothing() -> None:
    loaded = loaded_by("import mnist_core.jobs.tasks")
    assert not loaded & {"torch", "mlflow", "distributed", "optuna", "numpy", "pydantic"}


def test_every_package_that_is_imported_is_required() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {re.split(r"[\[<>=~ ]", line)[0].lower() for line in lines if line}
    distributions = packages_distributions()
    for module in SOURCES:
        roots = {name.split(".")[0] for name in imports_of(module)}
        for root in roots - sys.stdlib_module_names - {"mnist_core", "pages"}:
            names = {name.lower() for name in distributions.get(root, [root])}
            assert names & required, f"{module} imports {root}"


TESTS = sorted(path for path in (ROOT / "tests").rglob("*.py") if path.name != "__init__.py")
OF_A_ROOM = [
    path
    for path in TESTS
    if path.parent.name not in WHOLE and path.parent != ROOT / "tests" and path.match("test_*.py")
]


def in_tests(path: Path) -> str:
    return path.relative_to(ROOT / "tests").as_posix()


def test_what_tests_share_lives_in_helpers() -> None:
    for path in TESTS:
        for name in imports_in(path):
            if name.split(".")[0] == "tests":
                assert f"{name}.".startswith("tests.helpers."), f"{in_tests(path)} imports {name}"


def test_tests_mirror_the_rooms() -> None:
    for path in OF_A_ROOM:
        room, module = path.parent.relative_to(ROOT / "tests"), path.stem.removeprefix("test_")
        mirrored = [place / part for place in (ROOT / "mnist_core" / room, ROOT / room)
                    for part in (f"{module}.py", module)]  # fmt: skip
        mirrors = any(one.exists() for one in mirrored)
        assert mirrors != (in_tests(path) in ABOUT_A_ROOM), in_tests(path)


def test_no_list_names_a_test_that_is_gone() -> None:
    assert {in_tests(path) for path in OF_A_ROOM} >= ABOUT_A_ROOM
    assert all((ROOT / "tests" / folder).is_dir() for folder in WHOLE)


def test_who_waits_leaves_the_cores_to_what_is_waited_for() -> None:
    """A loop that only looks takes a core, and here Python's lock, from what it looks at."""
    for path in TESTS:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.While):
                idle = all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
                assert not idle, f"{in_tests(path)}, line {node.lineno}: use wait_until"
