"""Trainings while they run: axes with room for all of them."""

from mnist_core.charts.courses import Line, epochs_chart, steps_chart


def test_epochs_begin_with_the_untrained_network_and_the_axis_below_what_is_trained() -> None:
    lines = [Line("a", [0.1, 0.83, 0.9], "#000000"), Line("b", [0.1, 0.88], "#000000", dashed=True)]
    chart = epochs_chart(lines, "Accuracy", "read right", 10, mark=(1, "lowest"))
    assert list(chart.data[0].x) == [0, 1, 2]
    assert list(chart.data[0].y) == [0.1, 0.83, 0.9]
    assert [line.line.dash for line in chart.data] == ["solid", "dash"]
    assert chart.layout.yaxis.range[0] == 0.8
    assert chart.layout.xaxis.range[1] > 10
    assert (chart.layout.xaxis.title.text, chart.layout.yaxis.title.text) == ("epoch", "read right")
    assert chart.layout.shapes[0].x0 == 1
    assert chart.layout.annotations[0].text == "lowest"


def test_the_untrained_network_alone_has_the_whole_scale() -> None:
    chart = epochs_chart([Line("a", [0.1], "#000000")], "Accuracy", "", 10)
    assert chart.layout.yaxis.range[0] == 0
    assert chart.layout.yaxis.range[1] > 1


def test_a_loss_that_is_no_number_is_a_gap() -> None:
    chart = epochs_chart([Line("a", [2.3, 0.5, float("nan")], "#000000")], "", "", 2, share=False)
    assert list(chart.data[0].y) == [2.3, 0.5, None]
    assert chart.layout.yaxis.range[1] == 1.05 * 0.5


def test_steps_are_counted_from_1() -> None:
    chart = steps_chart([Line("a", [2.3, 2.0], "#000000")], "Loss", 400)
    assert list(chart.data[0].x) == [1, 2]
    assert chart.layout.xaxis.range[1] >= 400
    assert chart.layout.xaxis.title.text == "step"
