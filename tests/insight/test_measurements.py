"""Measurements in files: kept whole, read again, and one that is damaged is named."""

import json
from pathlib import Path

import pytest

from mnist_core.errors import MeasurementError
from mnist_core.insight.measurements import MOST_BYTES, Measurement, Measurements
from tests.helpers.measurements import ONE, TWO, measured


@pytest.fixture
def kept(tmp_path: Path) -> Measurements:
    return Measurements(tmp_path / "measurements")


def one(created: float = 5.0) -> Measurement:
    return measured({ONE: {16: (1.0,)}, TWO: {16: (2.0,)}}).model_copy(update={"created": created})


def test_what_is_written_is_read_again_the_newest_first(kept: Measurements) -> None:
    assert kept.all() == ([], [])
    first, second = one(1.0), one(2.0)
    for measurement in (first, second, second):
        kept.write(measurement)
    assert kept.all() == ([second, first], [])
    assert [path.suffix for path in kept.folder.iterdir()] == [".json"] * 2  # nothing half written
    for _ in range(2):
        kept.delete(second.id)
    assert kept.all() == ([first], [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no measurement of this app"),
        (b"[]", "is no measurement"),
        (one().model_dump_json()[:-9].encode(), "is no measurement"),
        (json.dumps({**one().model_dump(), "version": 2}).encode(), "another version of this app"),
        (json.dumps({**one().model_dump(), "created": 1e300}).encode(), "created"),
        (json.dumps({**one().model_dump(), "more": 1}).encode(), "more"),
        (b" " * (MOST_BYTES + 1), "more than 1 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_the_others_are_there(
    kept: Measurements, content: bytes, said: str
) -> None:
    good = one()
    kept.write(good)
    (kept.folder / "bad.json").write_bytes(content)
    found, (problem,) = kept.all()
    assert found == [good]
    assert str(kept.folder / "bad.json") in problem
    assert said in problem


@pytest.mark.parametrize(
    ("place", "wrong", "said"),
    [
        ("samples", {"setting": 2, "value": 16, "seconds": 1, "pictures": 1}, "setting"),
        ("samples", {"setting": 0, "value": 17, "seconds": 1, "pictures": 1}, "value"),
        ("samples", {"setting": 0, "value": 16, "seconds": 0, "pictures": 1}, "seconds"),
        ("peaks", {"setting": 9, "rate": 1.0}, "setting"),
    ],
)
def test_what_does_not_fit_its_plan_is_refused(
    kept: Measurements, place: str, wrong: dict[str, float], said: str
) -> None:
    kept.folder.mkdir()
    (kept.folder / "bad.json").write_text(json.dumps({**one().model_dump(), place: [wrong]}))
    assert said in kept.all()[1][0]


def test_a_plan_out_of_bounds_is_refused(kept: Measurements) -> None:
    values = json.loads(one().model_dump_json())
    values["plan"]["values"] = [99_999]
    kept.folder.mkdir()
    (kept.folder / "bad.json").write_text(json.dumps(values))
    assert "from 1 to 8192" in kept.all()[1][0]


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MeasurementError, match="cannot be written"):
        Measurements(tmp_path / "file").write(one())


def test_a_machine_in_a_line() -> None:
    assert one().machine.name == "Test CPU, 2 cores, torch 2.0"
