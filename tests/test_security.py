"""What docs/security.md promises and no other test holds: read from sources and settings."""

import ast
import hashlib
import pickle
import tomllib
from functools import cache
from pathlib import Path

import pytest

from mnist_core.data import formats
from mnist_core.errors import DataError

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("mnist_core/**/*.py")]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
# Calls that run what they read, or hand it to a shell.
RUN = {
    *("eval", "exec", "compile", "os.system", "os.popen", "runpy.run_path", "marshal.loads"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "cloudpickle.loads", "joblib.load"),
    *("yaml.load", "yaml.unsafe_load", "shelve.open", "pd.read_pickle", "pandas.read_pickle"),
}
ALLOWED = {("mnist_core/data/formats.py", "pickle.loads")}  # see the test of its checksum


@cache
def calls() -> list[tuple[str, str, dict[str, object]]]:
    """(file, what is called, its named arguments, constants by their values) of every call."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                named = {
                    str(given.arg): given.value.value
                    if isinstance(given.value, ast.Constant)
                    else given.value
                    for given in node.keywords
                }
                found.append((path.relative_to(ROOT).as_posix(), ast.unparse(node.func), named))
    return found


def test_nothing_that_comes_from_outside_is_run() -> None:
    assert {(file, name) for file, name, _ in calls() if name in RUN} == ALLOWED
    loads = [(file, named) for file, name, named in calls() if name == "torch.load"]
    assert loads
    assert all(named.get("weights_only") is True for _, named in loads), loads
    arrays = [named for _, name, named in calls() if name in ("np.load", "numpy.load")]
    assert all(named.get("allow_pickle") is False for named in arrays)
    assert not [file for file, _, named in calls() if named.get("shell") is True]


def test_a_pickle_is_opened_only_after_its_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bad:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "was run",)

    file = tmp_path / "meta"
    file.write_bytes(pickle.dumps(Bad()))
    right = hashlib.md5(b"the published file").hexdigest()
    with pytest.raises(DataError):
        list(formats._unpickled([file], {"meta": right}))
    assert not (tmp_path / "was run").exists()


def test_each_chooser_says_how_large_a_file_may_be() -> None:
    choosers = [(file, named) for file, name, named in calls() if name.endswith("file_uploader")]
    assert len(choosers) >= 4
    assert all("max_upload_size" in named for _, named in choosers), choosers
    # The server cuts off what is larger than the largest of them while it arrives.
    from pages.ui.runs.exports import MOST_MEGABYTES

    assert CONFIG["server"]["maxUploadSize"] == MOST_MEGABYTES


def test_a_visitor_is_shown_no_traceback() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
