"""Small pictures and bars as HTML."""

import re

import numpy as np

from pages.ui.pictures import DIGITS, bars, picture


def test_bars_have_room_for_the_names_of_classes_and_say_what_they_are() -> None:
    kinds = bars([0.75, 0.25], ["airplane", "<ship>"], 0)
    assert "aria-label='How likely each class is: airplane 75 %, &lt;ship&gt; 25 %'" in kinds
    assert "grid-template-columns:fit-content(40%)" in kinds
    assert "How likely each digit is: 0 100 %" in bars([1.0, *[0.0] * 9], DIGITS, 0)


def test_a_long_name_stays_below_its_own_picture() -> None:
    drawn = picture(np.zeros((2, 2), np.float32), "aquarium_fish_seen_from_far", 72)
    caption = re.search(r"<figcaption style='([^']*)'", drawn)
    assert caption is not None
    assert "overflow-wrap:anywhere" in caption[1]
