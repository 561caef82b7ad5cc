"""The set-up: what it installs from where, with a package registry of the test's own."""

import base64
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from threading import Thread
from types import ModuleType
from urllib.parse import unquote

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PyTorch has one build"),
]

PROJECT = """
[project]
name = "lab"
version = "1"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
# What builds the project of these tests: an editable wheel with a command.
BACKEND = """
from pathlib import Path
def build_editable(folder, settings=None, metadata=None):
    Path(folder, "lab-1-py3-none-any.whl").write_bytes(Path("lab.wheel").read_bytes())
    return "lab-1-py3-none-any.whl"
"""


def wheel(name: str, version: str, **files: str) -> bytes:
    """A wheel with a module that knows its version."""
    info = f"{name}-{version}.dist-info"
    content = {
        f"{name}.py": f"version = {version!r}\ndef main(): print('this is', version)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **{f"{info}/{file}": text for file, text in files.items()},
    }
    lines = []
    for file, text in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
        lines.append(f"{file},sha256={digest.rstrip('=')},{len(text.encode())}")
    content[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file, text in content.items():
            archive.writestr(file, text)
    return packed.getvalue()


class Registry:
    """Serves ``/simple``, the registry, and ``/cpu``, where PyTorch is without CUDA."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.wheels = {
            "/simple": {"torch": "1.5", "torchvision": "0.5", "other": "2"},
            "/cpu": {"torch": "1.5+cpu", "torchvision": "0.5+cpu"},
        }
        self.lost: set[str] = set()  # wheels that are listed, but cannot be fetched

    def answer(self, path: str) -> bytes | None:
        """The list of a package's wheels, or a wheel."""
        self.asked.append(path)
        for place, versions in self.wheels.items():
            for name, version in versions.items():
                file = f"{name}-{version}-py3-none-any.whl"
                if path == f"{place}/{name}/":
                    return f'<a href="{place}/{file}">{file}</a>'.encode()
                if unquote(path) == f"{place}/{file}":
                    return None if file in self.lost else wheel(name, version)
        return None


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry that pip uses, and no other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = registry.answer(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry = Registry(f"http://127.0.0.1:{server.server_address[1]}")
    Thread(target=server.serve_forever, daemon=True).start()
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{registry.url}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield registry
    server.shutdown()
    server.server_close()


@pytest.fixture
def setup(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The set-up of a small project in a folder whose name has spaces, on a machine without GPU."""
    spec = importlib.util.spec_from_file_location("setup_under_test", ROOT / ".ci" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    clone = tmp_path / "a clone"
    clone.mkdir()
    (clone / "requirements.txt").write_text("torch>=1,<2\ntorchvision>=0.5,<1\nother\n")
    (clone / "pyproject.toml").write_text(PROJECT)
    (clone / "backend.py").write_text(BACKEND)
    command = {"entry_points.txt": "[console_scripts]\nlab = lab:main\n"}
    (clone / "lab.wheel").write_bytes(wheel("lab", "1", **command))
    monkeypatch.setattr(module, "ROOT", clone)
    monkeypatch.setattr(module, "VENV", clone / ".venv")
    monkeypatch.setattr(module, "PYTHON", clone / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "CPU_TORCH", f"{registry.url}/cpu")
    monkeypatch.setattr(module, "has_nvidia", lambda: False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))  # no uv
    return module


def versions(setup: ModuleType) -> list[str]:
    """Of what was installed."""
    code = (
        "import torch, torchvision, other\nprint(torch.version, torchvision.version, other.version)"
    )
    done = subprocess.run([setup.PYTHON, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_without_a_gpu_pytorch_is_the_build_without_cuda(
    setup: ModuleType, registry: Registry
) -> None:
    setup.install("requirements.txt")
    assert versions(setup) == ["1.5+cpu", "0.5+cpu", "2"]
    done = subprocess.run([setup.VENV / "bin" / "lab"], capture_output=True, text=True, check=True)
    assert done.stdout == "this is 1\n"
    before = list(registry.asked)
    setup.install("requirements.txt")  # the second start takes a moment only
    assert registry.asked == before
    (setup.ROOT / "requirements.txt").write_text("torch>=1,<2\ntorchvision>=0.5,<1\nother>=2\n")
    setup.install("requirements.txt")  # what is there stays
    assert versions(setup) == ["1.5+cpu", "0.5+cpu", "2"]


@pytest.mark.parametrize("why", ["nobody listens", "it lacks a file", "there is a GPU"])
def test_else_it_is_what_the_registry_has(
    setup: ModuleType,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    why: str,
) -> None:
    if why == "nobody listens":
        monkeypatch.setattr(setup, "CPU_TORCH", "http://127.0.0.1:9/cpu")
    elif why == "it lacks a file":
        registry.lost = {"torch-1.5+cpu-py3-none-any.whl"}
    else:
        monkeypatch.setattr(setup, "has_nvidia", lambda: True)
    setup.install("requirements.txt")
    assert versions(setup) == ["1.5", "0.5", "2"]
    assert ("out of reach" in capfd.readouterr().out) == (why == "nobody listens")
    assert (why == "it lacks a file") == any(path.startswith("/cpu") for path in registry.asked)


def test_what_cannot_be_installed_ends_it(setup: ModuleType, registry: Registry) -> None:
    registry.wheels["/simple"].pop("other")
    with pytest.raises(SystemExit, match="could not be installed"):
        setup.install("requirements.txt")
    registry.wheels["/simple"]["other"] = "2"
    setup.install("requirements.txt")
    assert versions(setup)[2] == "2"


# uv, as far as the set-up uses it: it notes what it was asked for, and has pip do it.
UV = """#!{python}
import os, sys
open({log!r}, "a").write(" ".join(sys.argv[1:]) + chr(10))
if {works}:
    os.execv(sys.argv[4], [sys.argv[4], "-m", *sys.argv[1:3], *sys.argv[5:]])
sys.exit("no registry is set up for uv")
"""


@pytest.mark.parametrize("works", [True, False])
def test_uv_installs_where_it_is_there_and_pip_where_it_cannot(
    setup: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str], works: bool
) -> None:
    log, uv = tmp_path / "log", tmp_path / "bin" / "uv"
    uv.write_text(UV.format(python=sys.executable, log=str(log), works=works))
    uv.chmod(0o755)
    setup.install("requirements.txt")
    assert versions(setup) == ["1.5+cpu", "0.5+cpu", "2"]
    asked = log.read_text().splitlines()
    assert len(asked) == 3
    assert all(line.startswith(f"pip install --python {setup.PYTHON} ") for line in asked)
    assert ("-m pip install" in capfd.readouterr().out) != works


def test_it_says_that_it_is_under_way(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "SIGN_OF_LIFE", 0.01)
    setup.install("requirements.txt")
    assert " s, 0." in capfd.readouterr().out


def test_what_is_compiled_is_kept(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(setup, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / "asked.py").write_text("import sys\nsys.exit(sys.dont_write_bytecode)")
    assert setup.run("asked") == 0


def test_the_command_is_installed_and_other_checkouts_are_not_confused(tmp_path: Path) -> None:
    clone, place = tmp_path / "a clone", tmp_path / "an environment"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "mnist_core", clone / "mnist_core", ignore=ignore)
    for name in ("pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, clone)
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    (packages,) = place.glob("lib/*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"))  # instead of installing all
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    subprocess.run(
        [python, "-m", "pip", "install", *offline, "-e", clone],
        env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")},  # for its setuptools
        check=True,
    )
    command = [place / "bin" / "mnist-lab", "train", "--epochs", "0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "mnist-lab: --epochs '0': must be a whole number from 1 to 1000\n"
    for folder, found in ((tmp_path, clone), (ROOT, ROOT)):
        code = "import mnist_core; print(mnist_core.__path__[0])"
        done = subprocess.run(
            [python, "-c", code], cwd=folder, capture_output=True, text=True, check=True
        )
        assert Path(done.stdout.strip()) == found / "mnist_core"


def test_an_installed_library_has_all_its_files() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    for path in (ROOT / "mnist_core").rglob("*.*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            assert any(path.match(pattern) for pattern in patterns), path


def test_what_is_locked_is_that_version(setup: ModuleType) -> None:
    (setup.ROOT / "lock.txt").write_text("other==1\ntorch==1.5\n")
    with pytest.raises(SystemExit, match="could not be installed"):  # there is a 2 alone
        setup.install("requirements.txt", lock="lock.txt")
    (setup.ROOT / "lock.txt").write_text("other==2\ntorch==1.5\n")
    setup.install("requirements.txt", lock="lock.txt")
    assert versions(setup) == ["1.5+cpu", "0.5+cpu", "2"]


def test_the_tests_run_with_what_is_locked() -> None:
    lock = dict(line.split("==") for line in (ROOT / ".ci/lock.txt").read_text().splitlines())
    locked = {canonicalize_name(name): version for name, version in lock.items()}
    there = {canonicalize_name(one.name): one.version for one in metadata.distributions()}
    # Another system has no need of some, as of what belongs to a build for GPUs.
    known = {name: there[name].split("+")[0] for name in locked if name in there}
    assert known == {name: locked[name] for name in known}
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if not line.startswith("-r"):
                needed = Requirement(line)
                name = canonicalize_name(needed.name)
                assert locked[name] in needed.specifier, line
                assert name in known
