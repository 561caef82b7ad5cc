"""A network reading one picture."""

import numpy as np
import pytest
import torch

from mnist_core.model import MnistModel
from mnist_core.predict import Predictor


def test_probabilities_are_the_softmax_of_the_models_logits() -> None:
    model = MnistModel(784, 16, 10, dropout=0.5)
    image = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    prediction = Predictor(model)(image)
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(image)[None]).softmax(1)[0]
    np.testing.assert_allclose(prediction.probabilities, expected.numpy(), rtol=1e-5)
    assert prediction.digit == int(expected.argmax())
    assert prediction.confidence == pytest.approx(float(expected.max()))
    assert prediction.image is image


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3072"):
        Predictor(MnistModel(3072, 4, 10))(np.zeros((28, 28), np.float32))
