"""The pictures of each class, part by part."""

from mnist_core.charts.data import balance_chart


def test_each_part_is_a_layer_of_bars_of_its_own_colour() -> None:
    chart = balance_chart({"training": [5, 3], "validation": [1, 2]}, ["a", "b"])
    first, second = chart.data
    assert (first.name, list(first.x), list(first.y)) == ("training", ["a", "b"], [5, 3])
    assert list(second.y) == [1, 2]
    assert first.marker.color != second.marker.color
    assert chart.layout.barmode == "stack"
    assert (chart.layout.xaxis.title.text, chart.layout.yaxis.title.text) == ("class", "pictures")


def test_the_parts_are_named_below_the_names_of_the_classes_however_long() -> None:
    legend = balance_chart({"training": [5, 3]}, ["a" * 30, "b"]).layout.legend
    assert (legend.yref, legend.y, legend.yanchor) == ("container", 0, "bottom")
