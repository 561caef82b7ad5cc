"""Downloads from a server on this machine: success, and every way to fail."""

import gc
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torchvision.datasets as tv

from mnist_core.data import download as module
from mnist_core.data.download import download
from mnist_core.data.events import Downloading
from mnist_core.errors import DownloadError
from tests.helpers.files import cifar_files, md5, mnist_archives, mnist_files, tar_gz


@dataclass
class Server:
    """Serves ``files``. Names in ``stall`` stop half way until ``release`` is set."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    stall: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    release: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def _head(self) -> bytes | None:
            name = self.path.lstrip("/")
            content = state.files.get(name)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            return content

        def do_HEAD(self) -> None:
            self._head()

        def do_GET(self) -> None:
            content = self._head()
            if content is None:
                return
            # torchvision asks for a page twice, the first time only to see where it leads.
            name, half = self.path.lstrip("/"), len(content) // 2
            self.wfile.write(content[:half])
            self.wfile.flush()
            if name in state.stall and "Method" not in self.headers:
                state.release.wait(30)
            if name not in state.cut:
                self.wfile.write(content[half:])

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up
    state = Server(f"http://127.0.0.1:{http.server_address[1]}/")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    state.release.set()
    wait_for_downloads()
    http.shutdown()
    thread.join()
    http.server_close()


def wait_for_downloads() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("download-"):
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL", 0.002)


@pytest.fixture
def _mnist(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision's MNIST, small, on the local server."""
    server.files = mnist_archives()
    monkeypatch.setattr(tv.MNIST, "mirrors", [server.url])
    monkeypatch.setattr(tv.MNIST, "resources", [(n, md5(c)) for n, c in server.files.items()])


def fetch(root: Path) -> list[Downloading]:
    return list(download("mnist", tv.MNIST, root))


@pytest.mark.usefixtures("_mnist")
def test_files_arrive_with_their_bytes_counted(server: Server, tmp_path: Path) -> None:
    slow = "t10k-labels-idx1-ubyte.gz"
    server.stall.add(slow)
    size = sum(map(len, server.files.values()))
    events = []
    for event in download("mnist", tv.MNIST, tmp_path):
        events.append(event)
        if event.done >= size - len(server.files[slow]):
            server.release.set()
    assert events
    assert {e.dataset for e in events} == {"mnist"}
    assert {e.total for e in events} == {size}
    done = [e.done for e in events]
    assert done == sorted(done)
    assert 0 < done[0] <= done[-1] <= size
    for name, content in mnist_files().items():
        assert (tmp_path / "MNIST" / "raw" / name).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]


@pytest.mark.usefixtures("_mnist")
def test_what_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "MNIST").mkdir()
    (tmp_path / "MNIST" / "mine").write_text("kept")
    (tmp_path / "other").write_text("kept")
    fetch(tmp_path)
    assert (tmp_path / "MNIST" / "mine").read_text() == "kept"
    assert (tmp_path / "other").read_text() == "kept"


@pytest.mark.usefixtures("_mnist")
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_second_mirror_helps(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tv.MNIST, "mirrors", [server.url + "gone/", server.url])
    fetch(tmp_path)
    assert (tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").is_file()
    gc.collect()  # torchvision leaves the first mirror's answer open


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setattr(tv.MNIST, "mirrors", [f"http://{address}/"])
    with pytest.raises(DownloadError, match=address):
        fetch(tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("_mnist")
def test_a_file_is_not_on_the_server(server: Server, tmp_path: Path) -> None:
    del server.files["t10k-images-idx3-ubyte.gz"]
    with pytest.raises(DownloadError, match="404"):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_mnist")
def test_a_wrong_checksum(server: Server, tmp_path: Path) -> None:
    name = "t10k-images-idx3-ubyte.gz"
    server.files[name] = server.files[name][:-1] + b"?"
    with pytest.raises(DownloadError, match="corrupted"):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_mnist")
def test_the_connection_breaks(server: Server, tmp_path: Path) -> None:
    server.cut.add("train-labels-idx1-ubyte.gz")
    with pytest.raises(DownloadError, match="download of mnist failed"):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_mnist")
def test_a_server_that_stalls(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALL_TIMEOUT", 0.05)
    server.stall.add("train-images-idx3-ubyte.gz")
    with pytest.raises(DownloadError, match="stopped after"):
        fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_mnist")
def test_an_interrupted_download_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.stall.add("train-labels-idx1-ubyte.gz")
    steps = download("mnist", tv.MNIST, tmp_path)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []
    # torchvision cannot be stopped: it goes on to the next files, and those must go as well.
    server.release.set()
    wait_for_downloads()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_mnist")
def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(tmp_path / "file" / "data")


def test_cifar_comes_as_one_archive(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = cifar_files()
    archive = tar_gz(tv.CIFAR10.base_folder, files)
    server.files = {tv.CIFAR10.filename: archive}
    sums = [[name, md5(content)] for name, content in files.items()]
    monkeypatch.setattr(tv.CIFAR10, "url", server.url + tv.CIFAR10.filename)
    monkeypatch.setattr(tv.CIFAR10, "tgz_md5", md5(archive))
    monkeypatch.setattr(tv.CIFAR10, "train_list", sums[:5])
    monkeypatch.setattr(tv.CIFAR10, "test_list", sums[5:6])
    monkeypatch.setattr(tv.CIFAR10, "meta", tv.CIFAR10.meta | {"md5": sums[6][1]})
    events = list(download("cifar10", tv.CIFAR10, tmp_path))
    assert {e.total for e in events} <= {len(archive)}
    for name, content in files.items():
        assert (tmp_path / tv.CIFAR10.base_folder / name).read_bytes() == content
