"""Data sets of somebody's own on the disk: found, named, refused, removed like any other."""

from pathlib import Path

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.data.catalog import DATASETS, check_known, dataset_spec, shows_digits
from mnist_core.data.datasets import load_dataset, locate, read_again
from mnist_core.data.disk import place_and_size, removable, remove
from mnist_core.data.own import own_titles
from mnist_core.errors import ConfigError, DataError
from mnist_core.settings import Settings
from tests.helpers.zips import add_zip, digit_files, zip_of

GONE = "own:gone-01234567"


def test_a_data_set_of_one_s_own_is_known_as_the_others_are() -> None:
    assert own_titles() == {}
    name = add_zip(zip_of(digit_files(4, (3, 7))), "Threes and sevens", side=10, colour=True)
    spec = dataset_spec(name)
    assert (spec.title, spec.classes, spec.ends) == ("Threes and sevens", ("3", "7"), (300, 2))
    assert own_titles() == {name: "Threes and sevens"}
    check_known(name)
    root = Settings().downloads
    assert locate(name) == root
    found = place_and_size(name)
    assert found is not None
    assert found[1] == sum(file.stat().st_size for file in (root / "own").glob("*/*"))
    assert removable(name)
    remove(name)
    assert (own_titles(), locate(name), [*(root / "own").glob("[a-z]*")]) == ({}, None, [])


def test_who_reads_digits_is_known() -> None:
    digits = add_zip(zip_of(digit_files(2)), "digits")
    fewer = add_zip(zip_of(digit_files(2, range(9))), "fewer")
    assert shows_digits("mnist")
    assert shows_digits(digits)
    assert not any(map(shows_digits, (fewer, GONE, *[n for n in DATASETS if n != "mnist"])))


def test_one_that_is_not_here_is_refused_and_named() -> None:
    there = add_zip(zip_of(digit_files(2)), "digits")
    with pytest.raises(
        ConfigError, match=f"{GONE}.*is not on this machine; there are mnist.*{there}"
    ):
        check_known(GONE)
    check_known("cifar100")  # it may be downloaded yet
    for read in (load_dataset, lambda name: read_again(name, "/elsewhere")):
        with pytest.raises(DataError, match="Add their zip on the page Data"):
            read(GONE)


def test_a_folder_that_a_class_shares_may_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = add_zip(zip_of(digit_files(2)), "digits")
    Settings().downloads.rename(tmp_path / "shared")
    assert own_titles() == {}
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "shared"))
    assert own_titles() == {name: "digits"}
    assert load_dataset(name).source == str(tmp_path / "shared")
    assert not removable(name)


@pytest.mark.parametrize("name", ["own:", "own:../x", "own:a/b", "own:A", "own:-a", "mine:a"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(ConfigError, match=r"must be one of mnist.*or own: and the name"):
        parse_config({"dataset": name})
    assert parse_config({"dataset": GONE}).dataset == GONE
