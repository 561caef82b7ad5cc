"""A hidden layer: the gain of a non-linearity, and two layers that are one."""

import pytest

from mnist_core.learn.claims import paired
from mnist_core.learn.course import Plan
from mnist_core.learn.digits import digits
from mnist_core.learn.merge import largest_difference, merged
from pages.ui.learn import hidden
from pages.ui.words import percent
from tests.helpers.courses import press, read, to_the_end, trained
from tests.helpers.pages import said


def plan(units: tuple[int, ...], activation: str) -> Plan:
    return Plan(units, activation, rate=0.2, batch=50, epochs=hidden.EPOCHS, count=4000)


@pytest.mark.slow
def test_what_bends_the_sums_gains_more_than_chance() -> None:
    rows, labels = digits()[1].rows, digits()[1].labels
    plain, bent = (trained(plan((32,), activation)) for activation in ("none", "relu"))
    found, noise = paired(*(c.network(rows).argmax(1) == labels for c in (plain, bent)))
    assert found > 3 * noise
    better = hidden.against("ReLU", bent, "none", plain)
    assert f"{100 * found:.1f} points more" in better
    assert "this is more than chance" in better
    assert f"{100 * found:.1f} points fewer" in hidden.against("none", plain, "ReLU", bent)
    assert "may be chance" in hidden.against("none", plain, "none", plain)


@pytest.mark.slow
def test_the_trained_layers_without_an_activation_are_one() -> None:
    network, rows = trained(plan((32,), "none")).network, digits()[1].rows
    assert largest_difference(network, merged(network), rows) < 1e-4


@pytest.mark.slow
@pytest.mark.usefixtures("app")
def test_the_chapter_says_what_was_measured() -> None:
    page = read("hidden")
    to_the_end(page)
    for units, activation, name in (
        ((), "none", "no hidden layer"),
        ((32,), "none", "32 units, none"),
        ((32,), "relu", "32 units, ReLU"),
    ):
        accuracy = trained(plan(units, activation)).points[-1].val_accuracy
        assert f"{name}: **{percent(accuracy, 1)}**" in said(page)
    assert "this is more than chance" in said(page)
    assert "7,850 parameters instead of 25,450" in said(page)
    assert "differ by at most **0.0000" in said(page)
    assert "1,000 of 1,000 answers are the same" in said(page)


@pytest.mark.usefixtures("app")
def test_other_settings_begin_anew() -> None:
    page = read("hidden")
    press(page, "Start")
    page.slider(key="learn.hidden.units").set_value(8).run()
    page.segmented_control(key="learn.hidden.activation").set_value("tanh").run()
    assert not page.exception
    assert "8 units, tanh: **" in said(page)
    assert "Untrained" in said(page)
    assert "[10, 8] times [8, 784]" in said(page)
