"""What the browser computes while somebody draws, against what the server does."""

import base64
import os
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_core.drawing.prepare import Preparation, description, prepare_strokes
from mnist_core.drawing.strokes import Stroke
from mnist_core.insight.breaking import Break, broken
from mnist_core.nn.network import ACTIVATIONS, Network
from mnist_core.reading.pendigits import load_pendigits
from mnist_core.reading.predict import Prediction, Predictor
from mnist_core.reading.shipped import load_shipped
from pages.ui.draw.answer import WORDS, in_words
from pages.ui.draw.live import in_short, joined, packed
from tests.helpers.node import call, run

LIVE = "pages/ui/draw/live"
TESTS = Path(__file__).parent / "live"
NUMBERS = description()
DRAWINGS = 500

# A 4 in two strokes, lines that are the same on both sides of their middle, a dot, a blot.
MADE_UP = [
    [[(90, 40), (60, 150), (200, 150)], [(170, 80), (160, 240)]],
    [[(140, 50), (140, 230)]],
    [[(40, 140), (240, 140)]],
    [[(40, 40), (240, 240)], [(40, 240), (240, 40)]],
    [[(100, 100)]],
    [[(100, 100), (104, 101)]],
]


def as_paths(strokes: list[Any], pen: float = 18) -> list[dict[str, Any]]:
    """Strokes as the canvas reports them, each point a command."""
    return [
        {
            "type": "Path",
            "strokeWidth": pen,
            "width": pen,
            "path": [["L" if i else "M", float(x), float(y)] for i, (x, y) in enumerate(stroke)],
        }
        for stroke in strokes
    ]


def curved(strokes: list[Any]) -> list[dict[str, Any]]:
    """Strokes as the canvas makes them of a pen's points, in Node.js."""
    points = [[[float(x), float(y)] for x, y in [*stroke, stroke[-1]]] for stroke in strokes]
    made = call(f"{LIVE}/pen.js", "strokeOf", *[[stroke, 18] for stroke in points])
    return [{"type": "Path", "strokeWidth": 18, **stroke} for stroke in made]


def pen_digits() -> list[list[dict[str, Any]]]:
    if "MNIST_LAB_PENDIGITS" not in os.environ:
        pytest.skip("MNIST_LAB_PENDIGITS names no pendigits-orig.tra")
    everyone = load_pendigits(os.environ["MNIST_LAB_PENDIGITS"])
    chosen = everyone[:: len(everyone) // DRAWINGS][:DRAWINGS]
    return [as_paths([stroke * 0.56 for stroke in digit.strokes]) for digit in chosen]


def seen_in_browser(drawings: list[Any], steps: Preparation) -> list[np.ndarray]:
    flags = {"evenPen": steps.even_pen, "crop": steps.crop}
    flags |= {"margin": steps.margin, "centre": steps.centre}
    calls = [[drawing, NUMBERS, flags] for drawing in drawings]
    found = call(f"{LIVE}/prepare.js", "strokesToMnist", *calls)
    return [np.array(image, np.float32).reshape(28, 28) for image in found]


EVERY_PREPARATION = [Preparation(*steps) for steps in product((True, False), repeat=4)]


@pytest.mark.parametrize("steps", EVERY_PREPARATION, ids=repr)
def test_the_browser_sees_what_the_server_sees(steps: Preparation) -> None:
    drawings = [as_paths(strokes) for strokes in MADE_UP] + [curved(MADE_UP[0])]
    drawings.append(as_paths(MADE_UP[0], 250))  # a pen as wide as the drawing
    for drawing, image in zip(drawings, seen_in_browser(drawings, steps), strict=True):
        wanted = prepare_strokes(drawing, steps).image
        np.testing.assert_allclose(image, wanted, atol=1 / 255, err_msg=str(drawing))


@pytest.mark.slow
@pytest.mark.parametrize("steps", EVERY_PREPARATION, ids=repr)
def test_the_browser_sees_what_the_server_sees_of_pen_digits(steps: Preparation) -> None:
    drawings = pen_digits()
    images = seen_in_browser(drawings, steps)
    wanted = [prepare_strokes(drawing, steps).image for drawing in drawings]
    assert len(images) == DRAWINGS
    np.testing.assert_allclose(images, wanted, atol=1 / 255)


def test_a_straight_line_goes_to_the_same_place_wherever_it_is_drawn() -> None:
    rows = set()
    for at in np.linspace(20, 260, 200):
        line = Stroke(np.array([[60, at], [60 + at / 2, at]], np.float32), 18)
        rows.add(int(prepare_strokes([line]).image.sum(1).argmax()))
    assert len(rows) == 1


def network(hidden: tuple[int, ...], activation: str) -> Network:
    rng = np.random.default_rng(1)
    sizes = (784, *hidden, 10)
    weights = {}
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        spread = 2 / inputs**0.5
        weights[f"layers.{i}.weight"] = rng.normal(0, spread, (outputs, inputs)).astype(np.float32)
        weights[f"layers.{i}.bias"] = rng.normal(0, 0.5, outputs).astype(np.float32)
    return Network.of(weights, activation)


def test_networks_of_one_shape_travel_together() -> None:
    first = network((24, 16), "tanh")
    second = Network.of({name: 2 * array for name, array in first.weights.items()}, "tanh")
    bytes_ = packed({"a": Predictor(first), "b": Predictor(second)})
    given = {"base64": base64.b64encode(bytes_).decode()}
    (found,) = call(f"{LIVE}/network.js", "unpack", [given])
    assert [(one["id"], one["activation"]) for one in found] == [("a", "tanh"), ("b", "tanh")]
    for one, wanted in zip(found, (first, second), strict=True):
        for layer, (weight, bias) in zip(one["layers"], wanted.layers, strict=True):
            np.testing.assert_array_equal(np.float32(layer["weights"]), weight.T.ravel())
            np.testing.assert_array_equal(np.float32(layer["biases"]), bias)


def read_in_browser(reader: Predictor, images: np.ndarray, tmp_path: Path) -> list[Any]:
    """What live/network.js makes of a packed network: its answers to pictures."""
    (tmp_path / "both.js").write_text(
        f"import {{ unpack, read }} from {str(Path.cwd() / LIVE / 'network.js')!r};"
        "export const both = (bytes, images) => {"
        "  const [network] = unpack(bytes);"
        "  return images.map((image) => read(network, Float32Array.from(image)));"
        "};"
    )
    bytes_ = {"base64": base64.b64encode(packed({"a": reader})).decode()}
    flat = images.reshape(len(images), -1).tolist()
    (found,) = call(str(tmp_path / "both.js"), "both", [bytes_, flat])
    return found


@pytest.mark.parametrize("hidden", [(), (32,), (24, 16, 8)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_browser_reads_as_the_server_does(
    hidden: tuple[int, ...], activation: str, tmp_path: Path
) -> None:
    reader = Predictor(network(hidden, activation), temperature=1.3)
    images = np.stack([prepare_strokes(as_paths(s)).image for s in MADE_UP])
    found = read_in_browser(reader, images, tmp_path)
    wanted = [prediction.probabilities for prediction in reader.read(images)]
    np.testing.assert_allclose([f["probabilities"] for f in found], wanted, atol=1e-4)
    assert [len(units) for units in found[0]["units"]] == list(hidden)
    if hidden:
        first = reader.network.answers(images.reshape(len(images), -1))
        np.testing.assert_allclose([f["units"][0] for f in found], first, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_the_shipped_network_travels_as_float16_and_reads_pen_digits_alike(tmp_path: Path) -> None:
    reader = load_shipped()
    assert len(packed({"shipped": reader})) < 2 * 1_920_000
    images = np.stack([prepare_strokes(drawing).image for drawing in pen_digits()])
    found = read_in_browser(reader, images, tmp_path)
    wanted = [prediction.probabilities for prediction in reader.read(images)]
    np.testing.assert_allclose([f["probabilities"] for f in found], wanted, atol=1e-4)


def test_the_browser_breaks_a_network_as_the_server_does(tmp_path: Path) -> None:
    whole = network((24, 16, 8), "relu")
    what = Break(((0, 3), (0, 17), (2, 1)), (1, 3), 0.6)
    images = np.stack([prepare_strokes(as_paths(s)).image for s in MADE_UP])
    (tmp_path / "broken.js").write_text(
        f"import {{ unpack, read }} from {str(Path.cwd() / LIVE / 'network.js')!r};"
        f"import {{ worn }} from {str(Path.cwd() / LIVE / 'units.js')!r};"
        "export const broken = (bytes, images, off, biases, noise) => {"
        "  const network = worn(unpack(bytes)[0], { noise, biases: new Set(biases) });"
        "  return images.map((image) => read(network, Float32Array.from(image), off));"
        "};"
    )
    given = {"base64": base64.b64encode(packed({"a": Predictor(whole)})).decode()}
    flat = images.reshape(len(images), -1).tolist()
    names = [f"{layer} {unit}" for layer, unit in what.off]
    calls = [given, flat, names, what.biases, what.noise]
    (found,) = call(str(tmp_path / "broken.js"), "broken", calls)
    wanted = Predictor(broken(whole, what)).read(images)
    shares = np.array([f["probabilities"] for f in found])
    np.testing.assert_allclose(shares, [w.probabilities for w in wanted], atol=1e-4)
    assert np.abs(shares - [r.probabilities for r in Predictor(whole).read(images)]).max() > 0.1


def test_the_strongest_paths_are_what_units_say_on_the_way(tmp_path: Path) -> None:
    whole, digit, most = network((24, 16), "relu"), 4, 5
    image = prepare_strokes(as_paths(MADE_UP[0])).image.ravel()
    (tmp_path / "paths.js").write_text(
        f"import {{ unpack, read }} from {str(Path.cwd() / LIVE / 'network.js')!r};"
        f"import {{ strongest }} from {str(Path.cwd() / LIVE / 'paths.js')!r};"
        "export const paths = (bytes, image, digit, most) => {"
        "  const [network] = unpack(bytes);"
        "  image = Float32Array.from(image);"
        "  return strongest(network, { image, ...read(network, image) }, digit, most);"
        "};"
    )
    given = {"base64": base64.b64encode(packed({"a": Predictor(whole)})).decode()}
    (found,) = call(str(tmp_path / "paths.js"), "paths", [given, image.tolist(), digit, most])
    (w0, _), (w1, _), (w2, _) = whole.layers
    first, second = (np.maximum(sums, 0)[0] for sums in whole.sums(image[None])[:2])
    said = second * w2[digit]
    share = np.abs(said) / np.abs(said).sum()
    assert found["units"][1] == np.argsort(-share)[:most].tolist()
    before = first * w1[found["units"][1]]  # (most, 24)
    flow = (share[found["units"][1]] / np.abs(before).sum(1)) @ np.abs(before)
    assert found["units"][0] == np.argsort(-flow)[:most].tolist()
    for line in found["lines"]:
        layer, start, end = line["layer"], line["from"], line["to"]
        given = (image, first, second)[layer]
        weights = (w0, w1, w2)[layer][end]
        value = weights @ given if start < 0 else weights[start] * given[start]
        assert line["value"] == pytest.approx(value, rel=1e-4, abs=1e-5)
    assert {line["from"] for line in found["lines"] if line["layer"] == 2} == {*found["units"][1]}


def test_weights_that_float16_would_change_travel_as_they_are() -> None:
    halves = {
        name: np.round(array * 8).astype(np.float32) / 8
        for name, array in network((32,), "relu").weights.items()
    }
    numbers = 784 * 32 + 32 + 32 * 10 + 10
    assert 4 * numbers < len(packed({"a": Predictor(network((32,), "relu"))})) < 4 * numbers + 300
    halves["layers.1.bias"][0] = 1e6  # no float16 is as large
    assert len(packed({"a": Predictor(Network.of(halves, "relu"))})) > 4 * numbers
    halves["layers.1.bias"][0] = 0
    small = packed({"a": Predictor(Network.of(halves, "relu"))})
    assert 2 * numbers < len(small) < 2 * numbers + 300


@pytest.mark.parametrize("confidence", [1.0, 0.996, 0.98, 0.9, 0.7, 0.61, 0.4])
@pytest.mark.parametrize("is_digit", [True, False])
def test_the_browser_says_it_in_the_same_words(confidence: float, is_digit: bool) -> None:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[4] = confidence
    prediction = Prediction(probabilities, np.zeros((28, 28), np.float32), is_digit)
    reading = {"probabilities": probabilities.tolist(), "isDigit": is_digit}
    said, nothing = call(f"{LIVE}/view.js", "inWords", [reading, WORDS], [None, WORDS])
    assert said == in_words(prediction)
    assert nothing == in_words(None)


def test_a_drawing_has_one_name_on_both_sides() -> None:
    rng = np.random.default_rng(2)
    drawings = [as_paths(rng.uniform(-20, 300, (3, 4, 2)).tolist()) for _ in range(200)]
    drawings += [[], as_paths([[(0, 0), (0.05, 279.95)]]), as_paths(MADE_UP[1])]
    names = call(f"{LIVE}/pen.js", "inShort", *[[drawing] for drawing in drawings])
    assert names == [in_short(drawing) for drawing in drawings]


def test_the_scripts_are_one_module(tmp_path: Path) -> None:
    module = tmp_path / "joined.mjs"
    module.write_text(joined(), encoding="utf-8")
    run("--check", str(module))  # two things of one name would be an error
    text = joined()
    assert text.count("export ") == text.count("export default function") == 1
    assert "import " not in text.replace("import(", "")


def test_the_scripts_pass_tests_of_their_own() -> None:
    tests = sorted(map(str, TESTS.glob("*.test.js")))
    assert len(tests) == 3
    run("--test", *tests)
