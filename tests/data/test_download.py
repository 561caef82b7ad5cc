"""Downloads from a server on this machine: success, and every way to fail."""

import dataclasses
import gc
import gzip
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import zip_longest
from pathlib import Path

import pytest

from mnist_core.data import download as module
from mnist_core.data.catalog import DATASETS
from mnist_core.data.download import download
from mnist_core.data.events import Downloading
from mnist_core.errors import DownloadError
from tests.helpers.files import (
    CIFAR_FOLDER,
    cifar_files,
    cifar_spec,
    mnist_archives,
    mnist_files,
    mnist_spec,
    tar_gz,
)
from tests.helpers.waiting import wait_until

RAW = Path("MNIST", "raw")


@dataclass
class Server:
    """Serves ``files`` to GET alone, which is all that some servers know.

    Names in ``stall`` stop half way until ``release`` is set; those in ``cut`` end there, and
    with ``chunked`` they come without a length. ``silent`` takes a connection and says nothing,
    ``sent_to`` is where it says that everything is.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    stall: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    chunked: bool = False
    silent: bool = False
    browsers_only: bool = False
    sent_to: str = ""
    asked: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            state.asked.append(name)
            content = state.files.get(name, b"")
            self.close_connection = True
            if state.silent:
                state.release.wait(30)
                return
            if state.sent_to:
                self.send_response(302)
                self.send_header("Location", state.sent_to)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            known = "Mozilla" in self.headers["User-Agent"] or not state.browsers_only
            self.send_response(200 if content and known else 404 if known else 403)
            if state.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if not known:
                return
            half = len(content) // 2
            self._send(content[:half])
            if name in state.stall:
                state.release.wait(30)
            if name not in state.cut:
                self._send(content[half:])
                if state.chunked:
                    self.wfile.write(b"0\r\n\r\n")

        def _send(self, part: bytes) -> None:
            if state.chunked and part:
                part = f"{len(part):x}\r\n".encode() + part + b"\r\n"
            self.wfile.write(part)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up
    state = Server(f"http://127.0.0.1:{http.server_address[1]}/")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.release.set()
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(autouse=True)
def _report_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 0)


@pytest.fixture
def mnist(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A small MNIST on the local server."""
    server.files = mnist_archives()
    monkeypatch.setitem(DATASETS, "mnist", mnist_spec(server.url))
    return server


def fetch(root: Path) -> list[Downloading]:
    return list(download("mnist", root))


def check_whole(root: Path) -> None:
    """All four files are there, as they should be, and nothing else is."""
    for name, content in mnist_files().items():
        assert (root / RAW / name).read_bytes() == content
    assert sorted(p.name for p in (root / RAW).iterdir()) == sorted(mnist_files())
    assert [path.name for path in root.iterdir()] == ["MNIST"]


def test_addresses_and_checksums_are_torchvisions() -> None:
    import torchvision.datasets as tv

    for spec in DATASETS.values():
        theirs = getattr(tv, spec.torchvision_name)
        if hasattr(theirs, "resources"):
            assert tuple(theirs.mirrors) == spec.mirrors
            assert theirs.resources == [(a.name, a.md5) for a in spec.archives]
            if spec.title != "MNIST":  # whose classes are called "0 - zero" there
                assert tuple(theirs.classes) == spec.classes
        else:
            (archive,) = spec.archives
            assert (theirs.url, theirs.tgz_md5) == (spec.mirrors[0] + archive.name, archive.md5)


def test_files_arrive_with_their_bytes_counted(mnist: Server, tmp_path: Path) -> None:
    slow = "t10k-labels-idx1-ubyte.gz"
    mnist.stall.add(slow)
    size = sum(map(len, mnist.files.values()))
    events = []
    for event in download("mnist", tmp_path):
        events.append(event)
        if event.done >= size - len(mnist.files[slow]):
            mnist.release.set()
    assert {e.dataset for e in events} == {"mnist"}
    assert {e.total for e in events} == {size}
    done = [e.done for e in events]
    assert done == sorted(done)
    assert 0 < done[0] < done[-1] == size
    check_whole(tmp_path)


def test_without_a_length_it_arrives_too(mnist: Server, tmp_path: Path) -> None:
    mnist.chunked = True
    assert fetch(tmp_path)[-1].share == 1
    check_whole(tmp_path)


def test_a_server_that_serves_browsers_alone(mnist: Server, tmp_path: Path) -> None:
    mnist.browsers_only = True
    fetch(tmp_path)
    check_whole(tmp_path)


def test_what_is_there_already_stays(mnist: Server, tmp_path: Path) -> None:
    (tmp_path / RAW).mkdir(parents=True)
    (tmp_path / RAW / "train-labels-idx1-ubyte").write_text("kept")
    (tmp_path / "MNIST" / "mine").write_text("kept")
    (tmp_path / "other").write_text("kept")
    fetch(tmp_path)
    assert len(mnist.asked) == 3
    for file in (RAW / "train-labels-idx1-ubyte", "MNIST/mine", "other"):
        assert (tmp_path / file).read_text() == "kept"


def test_an_empty_folder_is_filled(mnist: Server, tmp_path: Path) -> None:
    (tmp_path / RAW).mkdir(parents=True)
    fetch(tmp_path)
    check_whole(tmp_path)


@pytest.mark.parametrize("broken", ["gone", "cut", "html"])
def test_a_second_mirror_helps(
    mnist: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    spec = dataclasses.replace(DATASETS["mnist"], mirrors=(mnist.url + "first/", mnist.url))
    monkeypatch.setitem(DATASETS, "mnist", spec)
    for name, content in list(mnist.files.items()):
        if broken == "html":
            mnist.files[f"first/{name}"] = b"<html>Please log in</html>"
        elif broken == "cut":
            mnist.files[f"first/{name}"] = content
            mnist.cut.add(f"first/{name}")
    fetch(tmp_path)
    check_whole(tmp_path)
    assert len(mnist.asked) == 5, "a mirror that failed once is not asked again"


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setitem(DATASETS, "mnist", mnist_spec(f"http://{address}/"))
    with pytest.raises(DownloadError, match=address):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def _damage(server: Server, how: str) -> None:
    name = "t10k-images-idx3-ubyte.gz"
    content = server.files[name]
    match how:
        case "cut" | "cut without a length":
            server.chunked = "without" in how
            server.cut.add(name)
        case "gone":
            del server.files[name]
        case "wrong":
            server.files[name] = content[:-1] + bytes([content[-1] ^ 1])
        case "longer":
            server.files[name] = content * 2
        case "html":
            server.files[name] = b"<!doctype html><title>Wi-Fi</title>"
        case "nothing":
            server.files[name] = b""
        case "another archive":
            server.files[name] = gzip.compress(b"x")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut", "broke off after"),
        ("cut without a length", "IncompleteRead|broke off"),
        ("gone", "404"),
        ("wrong", "checksum"),
        ("longer", "more than"),
        ("html", "no archive"),
        ("nothing", "404"),
        ("another archive", "broke off after"),
    ],
)
def test_what_fails_leaves_nothing_half_and_the_next_try_works(
    mnist: Server, tmp_path: Path, how: str, said: str
) -> None:
    _damage(mnist, how)
    with pytest.raises(DownloadError, match=f"t10k-images-idx3-ubyte.gz.*({said})"):
        fetch(tmp_path)
    assert sorted(p.name for p in (tmp_path / RAW).iterdir()) == [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]
    mnist.files = mnist_archives()
    mnist.cut.clear()
    fetch(tmp_path)
    check_whole(tmp_path)


@pytest.fixture(params=[True, False], ids=["silent", "stalls"])
def quiet(mnist: Server, request: pytest.FixtureRequest) -> Server:
    """A server that says nothing at all, or no more after half a file."""
    mnist.silent = request.param
    mnist.stall.add("train-images-idx3-ubyte.gz")
    return mnist


@pytest.mark.usefixtures("quiet")
def test_a_server_that_says_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    with pytest.raises(DownloadError, match="silent"):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(mnist: Server, tmp_path: Path) -> None:
    mnist.stall.add("train-images-idx3-ubyte.gz")
    steps = download("mnist", tmp_path)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_both_end_with_whole_files(mnist: Server, tmp_path: Path) -> None:
    one, other = download("mnist", tmp_path), download("mnist", tmp_path)
    for _ in zip_longest(one, other):  # they take turns, so both are at work on each file
        pass
    assert mnist.asked == [name for name in mnist.files for _ in range(2)]
    check_whole(tmp_path)


def test_who_waits_for_a_silent_server_can_leave_at_any_moment(
    quiet: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT", 0.01)
    steps = download("mnist", tmp_path)
    done = [next(steps).done for _ in range(5)]
    assert done[1:] == [done[-1]] * 4, "it says again and again that nothing came"
    steps.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []
    quiet.release.set()
    wait_until(
        lambda: all(thread.name != "download" for thread in threading.enumerate()),
        "nobody listens any more",
    )


def test_what_a_killed_process_left_is_cleared_away(mnist: Server, tmp_path: Path) -> None:
    old, live = tmp_path / ".mnist-old", tmp_path / ".mnist-live"
    for folder in (old, live):
        folder.mkdir()
        (folder / "half.gz").write_bytes(b"half")
    before = time.time() - 2 * module.ABANDONED
    for path in (old / "half.gz", old):
        os.utime(path, (before, before))
    fetch(tmp_path)
    assert not old.exists()
    assert live.exists()


def test_what_another_process_clears_away_meanwhile_stops_nothing(
    mnist: Server, tmp_path: Path
) -> None:
    (tmp_path / ".mnist-gone").symlink_to(tmp_path / "nowhere")  # listed, and not there any more
    (tmp_path / ".mnist-note").write_text("no folder")
    fetch(tmp_path)
    assert {p.name for p in (tmp_path / RAW).iterdir()} == set(mnist_files())


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # urllib forgets its connection
@pytest.mark.parametrize("target", ["http://[::/x", f"http://{'a' * 100}.com/x"])
def test_a_server_that_sends_elsewhere_than_to_an_address(
    mnist: Server, tmp_path: Path, target: str
) -> None:
    mnist.sent_to = target
    with pytest.raises(DownloadError, match=r"Invalid IPv6 URL|idna"):
        fetch(tmp_path)
    wait_until(
        lambda: all(thread.name != "download" for thread in threading.enumerate()),
        "nobody listens any more",
    )
    gc.collect()


def test_a_folder_that_cannot_be_made(mnist: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(tmp_path / "file" / "data")
    assert mnist.asked == []


def test_a_full_disk(mnist: Server, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # bytes that a file may have
    try:
        with pytest.raises(DownloadError, match=f"{tmp_path} cannot be written"):
            fetch(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    fetch(tmp_path)
    check_whole(tmp_path)


def test_cifar_comes_as_one_archive(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = cifar_files()
    archive = tar_gz(CIFAR_FOLDER, files)
    monkeypatch.setitem(DATASETS, "cifar10", cifar_spec(server.url, archive))
    server.files = {DATASETS["cifar10"].archives[0].name: archive}
    events = list(download("cifar10", tmp_path))
    assert {e.total for e in events} == {len(archive)}
    for name, content in files.items():
        assert (tmp_path / CIFAR_FOLDER / name).read_bytes() == content
