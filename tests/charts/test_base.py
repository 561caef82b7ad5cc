"""Charts are pure functions of rows."""

import re

import pytest

from mnist_core.charts.base import (
    PALETTE,
    run_colour,
    run_colours,
)


@pytest.mark.parametrize("count", [1, 6, 9, 18, 40, 200])
def test_no_two_runs_of_a_chart_share_a_colour(count: int) -> None:
    ids = [f"{7 * number:032x}" for number in range(count)]
    found = run_colours(ids)
    assert len(set(found)) == count
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in found)
    for colour, run_id in list(zip(found, ids, strict=True))[:6]:
        assert colour == run_colour(run_id), "the first of each colour keeps it"


def test_a_run_keeps_its_colour_before_others_get_one() -> None:
    ids = [f"{number:032x}" for number in (0, 6, 1)]
    found = run_colours(ids)
    assert [found[0], found[2]] == [PALETTE[0], PALETTE[1]]
    assert found[1] in PALETTE[2:]
