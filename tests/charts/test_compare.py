"""Several runs in one chart: seeds, bands and what is no number."""

import math

import pytest

from mnist_core.charts.compare import Curve, compare_curves


def rows(*accuracies: float, loss: float = 0.3) -> list[dict[str, float]]:
    return [
        {"epoch": epoch, "val_accuracy": value, "val_loss": loss, "train_loss": loss}
        for epoch, value in enumerate(accuracies)
    ]


def curve(*accuracies: float, group: str = "a", seeds: int = 0, loss: float = 0.3) -> Curve:
    return Curve(f"{group}{seeds}", rows(*accuracies, loss=loss), "#000000", group, seeds)


def band(*curves: Curve) -> list[str]:
    return [t.name for t in compare_curves(curves).data if str(t.name).startswith("mean of")]


def test_seeds_of_one_group_have_a_band() -> None:
    assert band(curve(0.1, 0.8, seeds=1), curve(0.1, 0.9, seeds=2)) == ["mean of 2 seeds: a1"]
    assert band(curve(0.1, 0.8), curve(0.1, 0.9, group="b")) == []


def test_the_same_run_done_twice_is_one_seed() -> None:
    twice = [curve(0.1, 0.8, seeds=1), curve(0.1, 0.8, seeds=1)]
    assert band(*twice) == []
    figure = compare_curves([*twice, curve(0.1, 0.9, seeds=2)])
    (mean,) = [t for t in figure.data if str(t.name).startswith("mean of 2")]
    assert list(mean.y) == pytest.approx([0.1, 0.85])


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_what_is_no_number_does_not_flatten_the_others(bad: float) -> None:
    curves = [curve(0.1, 0.8, seeds=1), curve(0.1, 0.9, seeds=2, loss=bad)]
    figure = compare_curves(curves, "val_loss")
    low, high = figure.layout.yaxis.range
    assert math.isfinite(low)
    assert high < 1
    assert list(figure.data[1].y) == [None, None]
    assert "diverged" in [note.text for note in figure.layout.annotations]
