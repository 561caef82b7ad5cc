"""The answer says how sure the network is, and a doubtful one looks different."""

import numpy as np
import pytest

from mnist_core.reading.predict import Prediction
from pages.ui.draw.answer import NO_DIGIT, how_sure, in_words
from pages.ui.pictures import DIGITS, bars


def prediction(confidence: float, is_digit: bool = True) -> Prediction:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[7] = confidence
    return Prediction(probabilities, np.zeros((28, 28), np.float32), is_digit)


@pytest.mark.parametrize(
    ("probability", "words", "kind"),
    [
        (1.0, "certain", "sure"),
        (0.9951, "certain", "sure"),
        (0.99, "quite sure", "sure"),
        (0.89, "not sure", "doubt"),
        (0.3, "a guess", "doubt"),
    ],
)
def test_how_sure_it_is(probability: float, words: str, kind: str) -> None:
    assert how_sure(probability) == (words, kind)


def test_a_sure_answer_a_doubtful_one_and_none_look_different() -> None:
    certain, doubtful = in_words(prediction(0.9999)), in_words(prediction(0.7))
    assert "✓ certain" in certain
    assert "100" not in certain
    assert "class='read sure'>7<" in certain
    assert "? not sure" in doubtful
    assert "70 %" in doubtful
    assert "class='read doubt'>7<" in doubtful
    none = in_words(prediction(0.7, is_digit=False))
    assert NO_DIGIT in none
    assert "then a 7" in none


def test_the_bars_are_heard_too() -> None:
    shares = [0.001] * 10
    shares[7], shares[1] = 0.75, 0.24
    drawn = bars(shares, DIGITS, 7)
    assert "aria-label='How likely each digit is: 1 24 %, 7 75 %'" in drawn
    assert drawn.count("font-weight:700") == 2  # the winner's name and share
    assert "nothing is drawn" in bars([0.0] * 10, DIGITS, None)
