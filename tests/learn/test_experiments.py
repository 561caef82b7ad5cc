"""What counts as done, at the very edge of each experiment, and what does not count at all."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from mnist_core.config.fields import FIELDS
from mnist_core.config.knobs import Knobs
from mnist_core.config.questions import QUESTIONS
from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import SAMPLE, load_sample
from mnist_core.learn.checks import Progress, percent
from mnist_core.learn.experiments import EXPERIMENTS, progress
from mnist_core.nn.events import EpochEnd, Finished, Started
from mnist_core.nn.training import train
from mnist_core.runs.records import Change, Run, Segment
from pages.ui.learn.choose import CHAPTERS
from tests.helpers.runs import RUN

FULL, FEW = {"source": "/data"}, {"source": SAMPLE}
STARTED = {"parameters": 25450, "train_examples": 48000, "device": "cpu"}


def run(best: float = 0.5, *, settings: dict[str, Any] | None = None, **changes: Any) -> Run:
    """A run on all of MNIST that ended with this accuracy."""
    config = TrainConfig(**(settings or {}))
    made = replace(
        RUN,
        id=f"{best}-{config!r}",
        segments=(Segment(0, config),),
        started=STARTED,
        result={"best_val_accuracy": best, "epoch": config.epochs, "seconds": 2.0},
        metrics={"val_accuracy": best},
        data=FULL,
    )
    return replace(made, **changes)


def done(runs: list[Run]) -> set[str]:
    """The chapters whose experiment these runs have done."""
    return {chapter for chapter in EXPERIMENTS if progress(chapter, runs).done}


def test_each_chapter_has_an_experiment_that_can_be_opened() -> None:
    assert list(EXPERIMENTS) == list(CHAPTERS)
    for experiment in EXPERIMENTS.values():
        assert isinstance(experiment.config, TrainConfig)
        assert set(experiment.settings) <= set(FIELDS)
        assert experiment.question is None or experiment.question in QUESTIONS
        assert experiment.goal.endswith(".")
        assert experiment.hint.endswith((".", "?"))


def test_nothing_is_done_without_runs() -> None:
    assert done([]) == set()
    for chapter in EXPERIMENTS:
        known = progress(chapter, [])
        assert known.said
        assert known.run is None


LINEAR, SMALL = {"hidden_sizes": ()}, {"epochs": 3}


@pytest.mark.parametrize(
    ("chapter", "settings", "full", "sample"),
    [
        ("pixels", {}, 0.95, 0.85),
        ("linear", LINEAR, 0.915, 0.88),
        ("batches", SMALL, 0.97, 0.89),
        ("functions", {}, 0.965, 0.91),
    ],
)
def test_an_accuracy_is_reached_or_just_not(
    chapter: str, settings: dict[str, Any], full: float, sample: float
) -> None:
    for mark, data in ((full, FULL), (sample, FEW)):
        assert f"{100 * mark:g} %" in EXPERIMENTS[chapter].goal
        just, below = (run(best, settings=settings, data=data) for best in (mark, mark - 1e-4))
        assert progress(chapter, [just]).done
        assert ("sample" in progress(chapter, [just]).said) == (data is FEW)
        known = progress(chapter, [run(0.3, settings=settings), below])
        assert not known.done
        assert known.run == below
        assert percent(mark) in known.said
        assert percent(mark - 0.001) in known.said, "it does not look as if it were reached"


FOREIGN: list[dict[str, Any]] = [
    {"segments": (Segment(0, TrainConfig(dataset="fashion_mnist", hidden_sizes=())),)},
    {"origin": "imported"},
    {"origin": "taught ab"},
    *({"state": state} for state in ("diverged", "stopped", "running", "queued", "interrupted")),
]


@pytest.mark.parametrize("change", FOREIGN)
def test_what_is_no_whole_run_on_mnist_does_not_count(change: dict[str, Any]) -> None:
    good = run(0.99, settings=LINEAR)
    assert done([good]) == {"linear", "functions"}
    assert done([replace(good, **change)]) == set()


@pytest.mark.parametrize(
    ("settings", "counts"),
    [
        ({"epochs": 20, "seed": 3, "order_seed": 4, "device": "cpu"}, True),
        ({"hidden_sizes": (64,)}, False),
        ({"learning_rate": 0.1}, False),
        ({"optimizer": "adam"}, False),
        ({"rotation": 5.0}, False),
    ],
)
def test_the_first_network_is_the_tutorials_as_it_is(
    settings: dict[str, Any], counts: bool
) -> None:
    assert progress("pixels", [run(0.97, settings=settings)]).done == counts


def test_a_first_network_that_was_changed_on_its_way_is_another() -> None:
    changed = Segment(0, TrainConfig(), (Change(2, Knobs(0.1, 0.9, 0.0)),))
    assert not progress("pixels", [run(0.97, segments=(changed,))]).done


def test_too_large_and_too_long_networks_do_not_count() -> None:
    good = run(0.99, settings={"epochs": 3})
    assert {"functions", "batches"} <= done([good])
    large = replace(good, started={**STARTED, "parameters": 30_001})
    assert "functions" not in done([large])
    assert "functions" in done([replace(large, started={**STARTED, "parameters": 30_000})])
    went_on = replace(good, result={**good.result, "epoch": 4})
    assert "batches" not in done([went_on])
    assert "linear" not in done([good])


def with_metrics(data: dict[str, str] = FULL, **metrics: float) -> Run:
    return run(data=data, metrics=metrics)


@pytest.mark.parametrize(("data", "mark"), [(FULL, 0.1), (FEW, 0.33)])
def test_a_loss_is_below_the_mark_or_just_not(data: dict[str, str], mark: float) -> None:
    assert progress("loss", [with_metrics(data, val_loss=mark - 1e-4)]).done
    known = progress("loss", [with_metrics(data, val_loss=mark)])
    assert not known.done
    assert f"loss {mark:.3f}" in known.said
    assert (
        f"loss {mark + 0.001:.3f}"
        in progress("loss", [with_metrics(data, val_loss=mark + 1e-5)]).said
    ), "rounded up"


def test_learning_by_heart_takes_three_points() -> None:
    assert progress("overfit", [with_metrics(train_accuracy=0.98, val_accuracy=0.949)]).done
    near = with_metrics(train_accuracy=0.979, val_accuracy=0.95)
    known = progress("overfit", [near, with_metrics(train_accuracy=0.9, val_accuracy=0.95)])
    assert not known.done
    assert known.run == near
    assert "2.9 of 3.0 points" in known.said
    assert "No gap" in progress("overfit", [with_metrics(train_accuracy=0.9, val_accuracy=1)]).said
    unknown = with_metrics(train_accuracy=float("nan"), val_accuracy=0.1)
    assert progress("overfit", [unknown]).run is None


STRAIGHT = {"activation": "none"}


def test_the_activation_alone_makes_the_difference() -> None:
    straight = run(0.915, settings=STRAIGHT)
    assert progress("hidden", [run(0.9455), straight]).done
    known = progress("hidden", [run(0.944), straight])
    assert not known.done
    assert "94.4 % with ReLU, 91.5 % without" in known.said
    wide = run(0.97, settings={"hidden_sizes": (64,)})
    known = progress("hidden", [wide, straight])
    assert (known.done, known.run) == (False, straight)
    assert "Now the same settings with ReLU" in known.said
    assert progress("hidden", [replace(run(0.93), data=FEW), replace(straight, data=FEW)]).done
    assert not progress("hidden", [replace(run(0.97), data=FEW), straight]).done, "other digits"
    linear = run(0.9, settings={**STRAIGHT, "hidden_sizes": ()})
    assert not progress("hidden", [run(0.99, settings=LINEAR), linear]).done, "nothing to bend"
    twice = replace(straight, segments=(*straight.segments, Segment(5, TrainConfig(**STRAIGHT))))
    assert not progress("hidden", [run(0.97), twice]).done, "it was trained for longer"


def epoch(size: int, best: float = 0.9, **settings: Any) -> Run:
    return run(best, settings={"epochs": 1, "batch_size": size, **settings})


def test_steps_of_one_epoch_are_counted() -> None:
    known = progress("step", [epoch(1000, 0.7), epoch(10)])
    assert known.done
    assert "48 steps of 1,000: 70.0 %. 4,800 steps of 10: 90.0 %" in known.said
    for few, many in ((11, 1000), (10, 999)):
        assert not progress("step", [epoch(few), epoch(many)]).done
    assert "batch size of 10." in progress("step", [epoch(1000)]).said
    assert "batch size of 1,000." in progress("step", [epoch(7)]).said
    assert "6,858 steps of 7" in progress("step", [epoch(7)]).said, "the last batch is smaller"
    assert not progress("step", [epoch(1000), epoch(10, learning_rate=0.1)]).done
    assert not progress("step", [epoch(1000, epochs=2), epoch(10, epochs=2)]).done


def at(rate: float, best: float, **changes: Any) -> Run:
    return run(best, settings={"learning_rate": rate}, **changes)


def test_a_rate_breaks_near_one_that_learns() -> None:
    known = progress("rate", [at(2, 0.2), at(0.5, 0.9)])
    assert known.done
    assert "0.5 learns (90.0 %), 2 is too much (20.0 %)" in known.said
    gone = at(2, 0.7, state="diverged")
    known = progress("rate", [gone, at(0.5, 0.9)])
    assert (known.done, known.run) == (True, gone)
    assert "2 is too much (diverged)" in known.said
    for far in (
        [at(2.01, 0.1), at(0.5, 0.9)],
        [at(2, 0.201), at(0.5, 0.9)],
        [at(2, 0.1), at(0.5, 0.899)],
        [at(0.001, 0.1), at(0.002, 0.9)],  # too small a rate breaks nothing
        [at(2, 0.1), replace(at(0.5, 0.9), data=FEW)],
        [at(2, 0.1, data=FEW), replace(at(0.5, 0.849), data=FEW)],
        [at(2, 0.1), run(0.9, settings={"epochs": 2})],
    ):
        assert not progress("rate", far).done
    assert progress("rate", [at(2, 0.1, data=FEW), at(0.5, 0.85, data=FEW)]).done
    assert "at least 0.5," in progress("rate", [at(2, 0.1)]).said
    assert "higher rates" in progress("rate", [at(0.5, 0.95)]).said


def test_seconds_are_compared_on_one_device_or_on_two() -> None:
    small = run(settings={"epochs": 1})
    large = run(
        settings={"epochs": 1, "hidden_sizes": (1024,)},
        started={**STARTED, "parameters": 814_090},
        result={"seconds": 11.0},
    )
    known = progress("device", [large, small])
    assert (known.done, known.run) == (True, large)
    assert "32 times the weights and biases, 5.5 times the time" in known.said
    assert "Now the same with 1,024." in progress("device", [small]).said
    assert "Now the same with 32." in progress("device", [large]).said
    fast = {**STARTED, "device": "cuda:0"}
    assert not progress("device", [large, replace(small, started=fast)]).done
    known = progress("device", [replace(small, started=fast, result={"seconds": 0.5}), small])
    assert known.done
    assert "0.5 s on cuda:0 and 2.0 s on cpu" in known.said
    assert not progress("device", [small, small]).done
    assert not progress("device", [replace(large, study="sweep 1"), small]).done


def sweep(rates: list[float], study: str = "sweep 1") -> list[Run]:
    return [at(rate, 0.9 - abs(rate - 0.5) / 10, study=study) for rate in rates]


def test_a_sweep_tries_enough_rates_that_lie_apart() -> None:
    ten = [0.01 * 100 ** (i / 9) for i in range(10)]
    known = progress("further", sweep(ten))
    assert known.done
    assert known.run is not None
    assert known.run.config.learning_rate == min(ten, key=lambda rate: abs(rate - 0.5))
    assert "10 learning rates from 0.01 to 1," in known.said
    assert not progress("further", sweep([*ten[:9], ten[8]])).done
    assert not progress("further", sweep([*ten[:9], 0.99])).done
    assert not progress("further", sweep(ten[:5]) + sweep(ten[5:], "sweep 2")).done
    assert not progress("further", [at(rate, 0.9) for rate in ten]).done, "no sweep"
    diverged = [replace(trial, state="diverged") for trial in sweep(ten)]
    assert progress("further", [*sweep(ten[:9]), diverged[9]]).done, "it was tried"
    (question,) = (found for e in EXPERIMENTS.values() if (found := e.question))
    rates = [p for axis in QUESTIONS[question].axes for p in QUESTIONS[question].grid()[axis.field]]
    assert progress("further", sweep([float(rate) for rate in rates])).done


def trained(settings: dict[str, Any]) -> Run:
    """A run of these settings on the sample, in the state in which the store has it."""
    data = load_sample().to(torch.device("cpu"))
    events = list(train(TrainConfig(**settings), data, torch.device("cpu")))
    rows = [event for event in events if isinstance(event, EpochEnd)]
    (started,) = (event for event in events if isinstance(event, Started))
    (end,) = (event for event in events if isinstance(event, Finished))
    return run(
        settings=settings,
        state=end.outcome,
        data=FEW,
        started=vars(started),
        result=vars(end),
        metrics={name: getattr(rows[-1], name) for name in vars(rows[-1])},
    )


@pytest.mark.parametrize(
    ("chapter", "changes"),
    [
        ("pixels", [{}]),
        ("linear", [{}]),
        ("hidden", [{}, {"activation": "relu"}]),
        ("loss", [{"hidden_sizes": (128,)}]),
        ("step", [{}, {"batch_size": 10}]),
        ("rate", [{"learning_rate": 0.5}, {"learning_rate": 2}]),
        ("batches", [{"learning_rate": 0.2}]),
        ("overfit", [{}]),
        ("functions", [{"hidden_sizes": (37,)}]),
    ],
)
def test_it_can_be_done_with_the_sample_alone(chapter: str, changes: list[dict[str, Any]]) -> None:
    """From the settings that the form is opened with."""
    begun = EXPERIMENTS[chapter].settings
    known: Progress = progress(chapter, [trained({**begun, **change}) for change in changes])
    assert known.done, known.said
