"""A network reading one picture."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from mnist_core.nn.model import MnistModel
from mnist_core.reading.predict import Prediction, Predictor, vote
from tests.helpers.networks import in_numpy


def test_probabilities_are_the_softmax_of_the_models_logits() -> None:
    model = MnistModel(784, 16, 10, dropout=0.5)
    image = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    prediction = Predictor(in_numpy(model))(image)
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(image)[None]).softmax(1)[0]
    np.testing.assert_allclose(prediction.probabilities, expected.numpy(), rtol=1e-5)
    assert prediction.digit == int(expected.argmax())
    assert prediction.confidence == pytest.approx(float(expected.max()))
    assert np.array_equal(prediction.image, image)
    assert prediction.is_digit


def test_a_temperature_softens_and_a_threshold_refuses() -> None:
    network = in_numpy(MnistModel(784, 16, 10))
    images = np.random.default_rng(0).random((3, 28, 28), dtype=np.float32)
    plain, soft = Predictor(network).read(images), Predictor(network, temperature=3).read(images)
    for sharp, blunt in zip(plain, soft, strict=True):
        assert sharp.digit == blunt.digit
        assert sharp.confidence > blunt.confidence > 0.1
    middle = sorted(p.confidence for p in plain)[1]
    refused = [not p.is_digit for p in Predictor(network, threshold=middle).read(images)]
    assert sum(refused) == 1
    assert Predictor(network).read(images[:0]) == []


def test_an_empty_canvas_is_no_digit_and_a_judge_decides_for_others() -> None:
    network = in_numpy(MnistModel(784, 16, 10))
    blank, ink = np.zeros((28, 28), np.float32), np.ones((28, 28), np.float32)
    assert not Predictor(network)(blank).is_digit
    stern = Predictor(network, judge=Predictor(network, threshold=1.0))
    assert not stern(ink).is_digit
    assert stern(ink).digit == Predictor(network)(ink).digit


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3072"):
        Predictor(in_numpy(MnistModel(3072, 4, 10)))(np.zeros((28, 28), np.float32))


def said(digit: int, probability: float, is_digit: bool = True) -> Prediction:
    probabilities = np.full(10, (1 - probability) / 9, np.float32)
    probabilities[digit] = probability
    return Prediction(probabilities, np.ones((28, 28), np.float32), is_digit)


def test_the_most_votes_win_and_abstentions_do_not_count() -> None:
    assert vote([said(3, 0.9), said(3, 0.4), said(8, 0.99)]) == (3, 2)
    assert vote([said(3, 0.6), said(8, 0.99)]) == (8, 1)
    assert vote([said(3, 0.9, False), said(3, 0.9, False), said(8, 0.5)]) == (8, 1)
    assert vote([said(3, 0.9, False)]) is None
    assert vote([]) is None


IDLE = """
import time
from mnist_core.reading.shipped import load_shipped
import numpy as np
read, image = load_shipped(), np.ones((28, 28), np.float32)
spent = 0.0
for _ in range(10):
    read(image)
    before = time.process_time()  # of all threads
    time.sleep(0.1)
    spent += time.process_time() - before
print(spent)
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core has no second thread")
def test_no_thread_spins_after_a_picture_was_read() -> None:
    told = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS")}
    done = subprocess.run(
        [sys.executable, "-c", IDLE], env=told, capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 0.1  # of 1 s in which there is nothing to do
