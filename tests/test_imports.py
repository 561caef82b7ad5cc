"""Imports point one way: app -> pages -> pages/ui -> mnist_core, and in layers within the core."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted(path.stem for path in (ROOT / "mnist_core").glob("*.py"))

PAGES, SHARED = sorted((ROOT / "pages").glob("*.py")), sorted((ROOT / "pages" / "ui").glob("*.py"))

# From the bottom up: a module imports only from the lines above its own.
LAYERS = (
    ("errors", "events", "settings", "distortion"),
    ("config", "device", "model", "strokes"),
    ("optim", "download", "drawing", "augment", "gradient"),
    ("state", "datasets"),
    ("training",),
)


def imports_of(path: Path, top_level_only: bool = False) -> set[str]:
    """Full names of the modules that a file imports, also within functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.iter_child_nodes(tree) if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the arrows"
            assert node.module is not None
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def core_imports(module: str) -> set[str]:
    """Names of the core's modules that one of them imports when it is loaded."""
    found = imports_of(ROOT / "mnist_core" / f"{module}.py", top_level_only=True)
    return {name.split(".")[1] for name in found if name.startswith("mnist_core.")} & set(CORE)


@pytest.mark.parametrize("module", CORE)
def test_the_core_knows_no_streamlit_and_no_page(module: str) -> None:
    path = ROOT / "mnist_core" / f"{module}.py"
    roots = {name.split(".")[0] for name in imports_of(path)}
    assert not roots & {"streamlit", "streamlit_drawable_canvas", "pages", "app", "tests"}


@pytest.mark.parametrize("path", PAGES + SHARED, ids=lambda path: path.stem)
def test_pages_import_only_what_they_share(path: Path) -> None:
    ours = {name for name in imports_of(path) if name.split(".")[0] in ("pages", "app")}
    assert all(name == "pages.ui" or name.startswith("pages.ui.") for name in ours), ours


def test_there_are_pages() -> None:
    assert PAGES
    assert SHARED


@pytest.mark.parametrize("level", range(len(LAYERS)))
def test_the_cores_layers(level: int) -> None:
    below = {name for layer in LAYERS[:level] for name in layer}
    for module in LAYERS[level]:
        assert core_imports(module) <= below, module


def reach(module: str) -> set[str]:
    """All of the core that is loaded with one of its modules."""
    seen, left = set(), [module]
    while left:
        new = core_imports(left.pop()) - seen
        seen |= new
        left += new
    return seen


def test_the_core_has_no_circles() -> None:
    done: set[str] = set()
    left = {module: core_imports(module) - {module} for module in CORE}
    while left:
        ready = {module for module, needs in left.items() if needs <= done}
        assert ready, f"these import each other: {sorted(left)}"
        done |= ready
        left = {module: needs for module, needs in left.items() if module not in ready}


def test_populations_stand_on_training_and_sweeps_on_populations() -> None:
    populations = {name for name in CORE if name.startswith("population")}
    sweeps = {name for name in CORE if name.startswith("sweep")}
    assert "training" in reach("population")
    assert not reach("training") & (populations | sweeps | {"runs", "jobs"})
    assert not any(reach(name) & sweeps for name in populations)


@pytest.mark.parametrize("module", ["runs", "jobs"])
def test_whoever_keeps_or_submits_runs_does_not_load_training(module: str) -> None:
    assert not reach(module) & {"training", "datasets", "state", "model"}


def test_charts_stand_alone() -> None:
    assert not reach("charts")


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


def test_all_of_the_core_loads_without_streamlit() -> None:
    names = [name for name in CORE if name not in ("__init__", "__main__")]
    loaded = loaded_by("\n".join(f"import mnist_core.{name}" for name in names))
    assert {"mnist_core", "torch"} <= loaded
    assert "streamlit" not in loaded


def test_configurations_load_without_pytorch() -> None:
    loaded = loaded_by("import mnist_core.config.train, mnist_core.nn.events, mnist_core.cli.main")
    assert "mnist_core" in loaded
    assert not loaded & {"torch", "torchvision", "mlflow", "distributed", "streamlit"}


def test_every_package_that_is_imported_is_required() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {re.split(r"[\[<>=~ ]", line)[0].lower() for line in lines if line}
    distributions = packages_distributions()
    sources = [ROOT / "app.py", *PAGES, *SHARED, *(ROOT / "mnist_core").glob("*.py")]
    for path in sources:
        roots = {name.split(".")[0] for name in imports_of(path)}
        for root in roots - sys.stdlib_module_names - {"mnist_core", "pages"}:
            names = {name.lower() for name in distributions.get(root, [root])}
            assert names & required, f"{path.name} imports {root}"
