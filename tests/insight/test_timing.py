"""What measurements say, against numbers that were chosen."""

import io

import pandas as pd
import pytest

from mnist_core.insight.measurements import Sample
from mnist_core.insight.timing import Crossover, crossover, points, spread, to_csv, told
from tests.helpers.measurements import DOUBLE, GPU, MACHINE, ONE, TWO, measured

# Seconds of an epoch: the GPU starts slow and grows little.
WITH_GPU = {
    ONE: {16: (1.0,), 64: (2.0,), 256: (8.0,), 1024: (30.0,)},
    TWO: {16: (3.0,), 64: (3.0,), 256: (5.0,), 1024: (16.0,)},
    GPU: {16: (4.0,), 64: (4.0,), 256: (4.0,), 1024: (5.0,)},
}


def test_points_are_medians_with_their_spread_rate_and_share() -> None:
    found = measured({ONE: {16: (3.0, 1.0, 2.0)}}, {ONE: 1e8})
    (point,) = points(found, 0)
    work = 2 * 784 * 16 + 3 * 16 * 10
    assert (point.median, point.throughput, point.rate) == (2.0, 500.0, 500.0 * work)
    assert point.share == pytest.approx(500 * work / 1e8)
    assert spread(point, "seconds") == (2.0, 1.0, 3.0)
    assert spread(point, "throughput") == pytest.approx((500, 1000 / 3, 1000))
    assert spread(point, "share") == pytest.approx([n * work / 1e8 for n in (500, 1000 / 3, 1000)])
    assert points(found, 0)[0].peak == 1e8


def test_without_a_peak_there_is_no_share_and_without_samples_nothing() -> None:
    found = measured({ONE: {16: (1.0,)}})
    (point,) = points(found, 0)
    assert point.share is None
    assert spread(point, "share") is None
    assert told(measured({ONE: {16: ()}})) == []


def test_an_epoch_that_was_broken_off_goes_on_as_it_began() -> None:
    found = measured({ONE: {16: ()}})
    found = found.adding(Sample(setting=0, value=16, seconds=0.5, pictures=100))
    found = found.adding(Sample(setting=0, value=16, seconds=3.0, pictures=2000))  # two epochs
    assert points(found, 0)[0].seconds == (5.0, 1.5)


@pytest.mark.parametrize(
    ("fast", "expected"),
    [
        ((2, 2, 2), Crossover(2, 3)),
        ((0.5, 1, 2), Crossover(None, 1)),
        ((2, 1, 4), None),
        ((0.5, 3, 2), Crossover(2, 3)),  # it was faster once, and then for good
        ((1, 2, 3), None),  # as fast is not faster
    ],
)
def test_the_crossover_is_the_value_from_which_one_stays_faster(
    fast: tuple[float, ...], expected: Crossover | None
) -> None:
    found = measured(
        {ONE: {1: (1,), 2: (2,), 3: (3,)}, TWO: {i + 1: (s,) for i, s in enumerate(fast)}}
    )
    assert crossover(points(found, 1), points(found, 0)) == expected


def test_with_a_gpu_it_says_where_that_overtakes_the_best_of_the_cpu() -> None:
    said = told(measured(WITH_GPU))
    assert said[0] == (
        "Fastest: CPU, 1 thread, float32 up to 64 hidden units; Test GPU, 8 GB, float32 above."
    )
    assert (
        "Test GPU, 8 GB, float32 overtakes the best of the CPU between 64 and 256 hidden units, "
        "and stays faster." in said
    )
    assert (
        "CPU, 2 threads, float32 overtakes CPU, 1 thread, float32 between 64 and 256 hidden "
        "units, and stays faster." in said
    )


def test_a_gpu_that_never_wins_or_always_does() -> None:
    slow = told(measured({ONE: {16: (1,), 64: (2,)}, GPU: {16: (3,), 64: (3,)}}))
    assert "Test GPU, 8 GB, float32 does not stay faster than CPU, 1 thread, float32" in slow[1]
    assert slow[0] == "Fastest everywhere: CPU, 1 thread, float32."
    fast = told(measured({ONE: {16: (1,), 64: (2,)}, GPU: {16: (0.5,), 64: (0.5,)}}))
    assert (
        fast[1] == "Test GPU, 8 GB, float32 is faster than CPU, 1 thread, float32 at every value."
    )


def test_of_what_was_stopped_it_compares_only_what_was_measured() -> None:
    alone = told(measured({ONE: {16: (1,)}, TWO: {}}))
    assert not any(sentence.startswith("Fastest") for sentence in alone)
    part = told(measured({ONE: {16: (1,), 64: (2,)}, TWO: {16: (3,)}}))
    assert part[0] == "Fastest where two or more were measured: CPU, 1 thread, float32."


def test_without_one_precisions_are_compared() -> None:
    said = told(measured({ONE: {16: (1,), 64: (2,)}, DOUBLE: {16: (1.5,), 64: (5,)}}))
    assert "CPU, 1 thread, float64 takes 1.5 to 2.5 times as long as float32." in said
    assert not any("overtakes" in sentence for sentence in said)


def test_it_says_how_near_the_peak_it_comes() -> None:
    work = {units: 2 * 784 * units + 3 * units * 10 for units in (16, 64)}
    seconds = {16: (1000 * work[16] / 1e9 / 0.1,), 64: (1000 * work[64] / 1e9 / 0.8,)}
    said = told(measured({ONE: seconds}, {ONE: 1e9}))[-1]
    assert "CPU, 1 thread, float32 at 64 hidden units: 0.8 thousand million" in said
    assert "80 % of the 1 that" in said
    assert said.endswith("at 16 hidden units it is 10 %.")


def test_a_busy_machine_is_said_first() -> None:
    busy = MACHINE.model_copy(update={"load": 3.0})
    assert "busy with other work" in told(measured(WITH_GPU, machine=busy))[0]


def test_a_spreadsheet_has_a_line_a_sample() -> None:
    found = measured({ONE: {16: (1.0, 2.0)}, GPU: {16: (4.0,)}}, {ONE: 1e9})
    table = pd.read_csv(io.BytesIO(to_csv([found])))
    assert list(table["seconds_an_epoch"]) == [1.0, 2.0, 4.0]
    assert list(table["pictures_a_second"]) == [1000, 500, 250]
    assert list(table["device"]) == [ONE.label, ONE.label, GPU.label]
    assert list(table["units"]) == [16] * 3
    assert table["threads"].isna().tolist() == [False, False, True]
    assert table["share_of_peak"].isna().tolist() == [False, False, True]
