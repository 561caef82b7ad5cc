"""Several runs side by side."""

from mnist_core.charts.base import PALETTE, run_colour
from pages.ui.runs.comparison import colours


def test_no_two_runs_of_a_comparison_share_a_colour_while_there_are_enough() -> None:
    ids = [f"{number:032x}" for number in (0, 6, 1, 12)]
    found = colours(ids)
    assert len(set(found)) == 4
    assert [found[0], found[2]] == [run_colour(ids[0]), run_colour(ids[2])]
    assert set(colours([f"{number:032x}" for number in range(9)])) == set(PALETTE)
