"""Every chart: a title, and a name at each axis that has numbers beside it."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from mnist_core import charts
from mnist_core.charts import (
    answers,
    compare,
    courses,
    curves,
    data,
    devices,
    fit,
    history,
    layers,
    learn,
    parallel,
    range,
    rate,
    space,
    sweep,
)
from mnist_core.config.axes import parse_axis

ROWS = [
    dict.fromkeys(("val_accuracy", "train_accuracy"), 0.1 * epoch)
    | dict.fromkeys(("val_loss", "train_loss"), 2.3 - epoch)
    | {"epoch": epoch}
    for epoch in (0, 1, 2)
]
AXES = (parse_axis("hidden_sizes", "4,8"), parse_axis("learning_rate", "0.1,0.2"))
TRIALS = [
    {"trial": i, "hidden_sizes": 4, "learning_rate": 0.1, "val_accuracy": 0.5, "parameters": 9}
    for i in (0, 1)
]
THREE = np.linspace(0, 1, 3)
EXAMPLES: dict[Callable[..., go.Figure], tuple[object, ...]] = {
    answers.confusion_chart: (np.eye(2, dtype=int), ["a", "b"]),
    answers.calibration_chart: ([(10, 0.5, 0.5)],),
    compare.compare_curves: ([compare.Curve("a", ROWS, "#000000", 0, 0)], "val_loss"),
    courses.epochs_chart: ([courses.Line("a", [0.1, 0.2], "#000000")], "A", "read right", 3),
    courses.steps_chart: ([courses.Line("a", [2.0, 1.0], "#000000")], "A", 3),
    curves.accuracy_curve: (ROWS, 2),
    curves.loss_curve: (ROWS, 2),
    data.balance_chart: ({"training": [1, 2]}, ["a", "b"]),
    devices.devices_chart: ([devices.Line("CPU", [(1, 2.0, 1.0, 3.0)], 0)], "A", "units", "s"),
    fit.fit_chart: (THREE, THREE, THREE, ""),
    fit.parts_chart: (THREE, np.stack([THREE, THREE]), ""),
    history.accuracy_history: ([0, 1], [0.1, 0.5], [0.1, 0.9], 1),
    history.probability_history: ([0, 1], np.full((2, 3), 0.3), "abc", 1),
    layers.layers_chart: ([0, 1], {"layer 1": [0.1, 0.2]}, "A", "root mean square", ""),
    learn.cross_entropy_curve: (0.5,),
    learn.nudge_chart: ([-1.0, 0.0, 1.0], [2.0, 1.0, 2.0], [1, 2, 1], 2, 0.0),
    learn.step_losses: ([2.0, 1.0], 2.3),
    learn.work_chart: ([1, 2], [0.1, 0.2], [0.1, 0.2], [0.1, 0.2]),
    parallel.parallel: (TRIALS, AXES),
    range.range_chart: ([0.1, 1.0], [2.0, 1.0], 0.5),
    rate.line_chart: (THREE, 2 - THREE, -1.0, (0.5, 1.5), 1.0, ""),
    rate.steps_chart: ({"right": [2.0, 1.0]}, 2.3),
    space.space_chart: (np.eye(2), np.arange(2), np.arange(2), "ab", ("first", "second"), ""),
    sweep.sweep_figure: ("A", "epoch", "read right", 300, ""),
    sweep.curves: ({0: [(1, 0.5)]}, TRIALS, AXES, 0, 1),
    sweep.accuracy_map: (TRIALS, *AXES, AXES, True),
    sweep.importance_bars: ({"learning_rate": 0.5}, AXES),
    sweep.slice_chart: (TRIALS, AXES[0], AXES),
    sweep.pareto: (TRIALS, "parameters", "parameters", AXES),
}


def test_each_chart_that_there_is_has_an_example_here() -> None:
    modules = [
        importlib.import_module(f"{charts.__name__}.{found.name}")
        for found in pkgutil.iter_modules(charts.__path__)
    ]
    made = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and name[0] != "_"
        and inspect.signature(function).return_annotation is go.Figure
    }
    assert made
    assert made == set(EXAMPLES)


@pytest.mark.parametrize("chart", EXAMPLES, ids=lambda chart: chart.__qualname__)
def test_it_has_a_title_and_names_its_axes(chart: Callable[..., go.Figure]) -> None:
    layout = chart(*EXAMPLES[chart]).layout
    assert layout.title.text
    upright = [axis for axis in layout if axis.startswith("yaxis")]
    lying = [axis for axis in layout if axis.startswith("xaxis")]
    assert upright
    assert lying
    for name in (*upright, *lying):
        axis = layout[name]
        beside = axis.showticklabels is not False  # of charts with one axis, the lowest has it
        assert axis.title.text or not beside, f"{name} has numbers and no name"
