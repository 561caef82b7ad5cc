"""Why a network reads what it reads: checked against PyTorch and against arithmetic."""

import numpy as np
import pytest
import torch

from mnist_core.insight.attribution import (
    Neighbours,
    attribution,
    counterfactual,
    strongest_responses,
)
from mnist_core.nn.model import MnistModel
from tests.helpers.networks import in_numpy


@pytest.fixture
def model() -> MnistModel:
    return MnistModel(784, 24, 10, generator=torch.Generator().manual_seed(3)).eval()


@pytest.fixture
def image() -> np.ndarray:
    ink = np.zeros((28, 28), np.float32)
    ink[5:20, 12:15] = np.linspace(0.2, 1, 15, dtype=np.float32)[:, None]
    return ink


def logits(model: MnistModel, image: np.ndarray) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.from_numpy(image)[None])[0]


@pytest.mark.parametrize("winner", [0, 7])
def test_attributions_sum_to_the_lead_that_the_ink_gave(model, image, winner):
    parts = attribution(in_numpy(model), image, winner)
    inked, blank = logits(model, image), logits(model, np.zeros_like(image))
    lead = (inked[winner] - inked.mean()) - (blank[winner] - blank.mean())
    assert parts.sum() == pytest.approx(float(lead), abs=0.01)
    assert not parts[image == 0].any()


def test_attribution_of_a_linear_model_is_weight_times_ink(image):
    model = MnistModel(784, (), 10)
    weights = model.layers[0].weight.detach()
    expected = (weights[4] - weights.mean(0)).reshape(28, 28).numpy() * image
    np.testing.assert_allclose(attribution(in_numpy(model), image, 4), expected, atol=1e-6)


def test_strongest_responses_are_the_first_layers_largest_answers(model, image):
    first = model.layers[0]
    with torch.no_grad():
        answers = torch.relu(first(torch.from_numpy(image).flatten()))
    found = strongest_responses(in_numpy(model), image, 5)
    assert [r.value for r in found] == pytest.approx(answers.topk(5).values.tolist())
    np.testing.assert_array_equal(
        found[0].weights.ravel(), first.weight[found[0].unit].detach().numpy()
    )


def test_without_a_hidden_layer_the_responses_are_logits(image):
    model = MnistModel(784, (), 10)
    found = strongest_responses(in_numpy(model), image, 10)
    answers = logits(model, image)
    assert {r.unit for r in found} == set(range(10))
    assert all(r.value == pytest.approx(float(answers[r.unit]), abs=1e-5) for r in found)


def test_neighbours_are_those_of_a_full_search():
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(256, (300, 4, 4), generator=generator, dtype=torch.uint8)
    images, labels = pictures.flatten(1) / 255, torch.arange(300) % 10
    query = torch.rand(4, 4, generator=generator)
    search = Neighbours(pictures.numpy(), labels.numpy())
    found = search.nearest(query.numpy(), 4)
    distances = torch.cdist(query.reshape(1, 16), images)[0]
    order = distances.argsort()[:4]
    assert [label for _, label, _ in found] == labels[order].tolist()
    assert [far for _, _, far in found] == pytest.approx(distances[order].tolist(), abs=1e-3)
    assert found[0][0].shape == (4, 4)
    same = search.nearest(images[7].reshape(4, 4).numpy(), 1)
    assert same[0][2] == pytest.approx(0, abs=2e-3)


def test_a_counterfactual_makes_the_target_win_and_stays_close(model, image):
    order = logits(model, image).argsort(descending=True).tolist()
    for target in order[1:4]:
        changed = counterfactual(in_numpy(model), image, target)
        assert changed is not None
        assert int(logits(model, changed).argmax()) == target
        assert 0 <= changed.min() <= changed.max() <= 1
        # No further than the straight way to another picture of that class: most of it stays.
        assert np.linalg.norm(changed - image) < np.linalg.norm(image)


def test_a_counterfactual_of_the_winner_is_the_picture_itself(model, image):
    winner = int(logits(model, image).argmax())
    np.testing.assert_array_equal(counterfactual(in_numpy(model), image, winner), image)


def test_no_counterfactual_where_the_picture_has_no_say(image):
    model = MnistModel(784, (), 10)
    with torch.no_grad():
        model.layers[0].weight.zero_()
        model.layers[0].bias.copy_(torch.arange(10.0))
    assert counterfactual(in_numpy(model), image, 3) is None
