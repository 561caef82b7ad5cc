"""Small data sets in the formats of the real ones."""

import dataclasses
import gzip
import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.catalog import DATASETS, Archive, DatasetSpec

CIFAR_FOLDER = "cifar-10-batches-py"
PARTS = {"train": 20, "t10k": 10}  # pictures in each


def idx(array: NDArray[Any]) -> bytes:
    """A uint8 array in the IDX format of MNIST's files."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.astype(np.uint8).tobytes()


def mnist_files(side: int = 4) -> dict[str, bytes]:
    """MNIST's four files by name, with few and small pictures; labels are 0, 1, ... 9, 0, ..."""
    random = np.random.default_rng(0)
    files = {}
    for part, n in PARTS.items():
        files[f"{part}-images-idx3-ubyte"] = idx(random.integers(0, 256, (n, side, side)))
        files[f"{part}-labels-idx1-ubyte"] = idx(np.arange(n) % 10)
    return files


def write_mnist(root: Path, files: dict[str, bytes] | None = None, name: str = "MNIST") -> Path:
    """Lay ``files`` out below ``root`` as torchvision does; returns the folder they are in."""
    raw = root / name / "raw"
    raw.mkdir(parents=True)
    for file, content in (files or mnist_files()).items():
        (raw / file).write_bytes(content)
    return raw


def mnist_archives() -> dict[str, bytes]:
    """The four files as they are served, in torchvision's order.

    The same bytes at any time: what is served must have the checksum that was written down.
    """
    return {
        f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist_files().items()
    }


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _archive(known: Archive, content: bytes) -> Archive:
    return dataclasses.replace(known, size=len(content), md5=md5(content))


def mnist_spec(url: str) -> DatasetSpec:
    """MNIST as ``mnist_archives`` at ``url``."""
    known, contents = DATASETS["mnist"], mnist_archives()
    archives = tuple(_archive(a, contents[a.name]) for a in known.archives)
    return dataclasses.replace(known, mirrors=(url,), archives=archives)


def cifar_spec(url: str, archive: bytes) -> DatasetSpec:
    """CIFAR-10 as ``archive`` at ``url``."""
    known = DATASETS["cifar10"]
    archives = (_archive(known.archives[0], archive),)
    return dataclasses.replace(known, mirrors=(url,), archives=archives)


def cifar_files() -> dict[str, bytes]:
    """The files of CIFAR-10 with ten pictures each, meta last."""
    random = np.random.default_rng(0)
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    files = {
        name: pickle.dumps(
            {
                "data": random.integers(0, 256, (10, 3072), dtype=np.uint8),
                "labels": list(range(10)),
            }
        )
        for name in names
    }
    return files | {"batches.meta": pickle.dumps({"label_names": [f"kind {i}" for i in range(10)]})}


def tar_gz(folder: str, files: dict[str, bytes]) -> bytes:
    """An archive with ``files`` in ``folder``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def write_lines(path: Path, *digits: tuple[int, int, tuple[int, int, int, int]]) -> Path:
    """Pen strokes in the UCI original format; each digit is (label, writer, x0 y0 x1 y1)."""
    parts = [
        f'.SEGMENT DIGIT 0 ? "{digit}"\n.COMMENT {digit} {writer} 1\n.PEN_DOWN\n'
        f" {x0} {y0}\n {x1} {y1}\n.PEN_UP\n.DT 100\n"
        for digit, writer, (x0, y0, x1, y1) in digits
    ]
    path.write_text("\n".join(parts))
    return path
