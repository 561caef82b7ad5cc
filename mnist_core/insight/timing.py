"""What a measurement of training time says: points with their spread, crossovers, sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Literal

import pandas as pd

from mnist_core.config.measuring import TITLES, Plan
from mnist_core.insight.measurements import Measurement
from mnist_core.nn.machine import BUSY


@dataclass(frozen=True)
class Point:
    """One setting at one value.

    ``seconds`` are those of an epoch, one each time that it was measured; ``share`` is that of the
    peak rate, None while no peak was measured.
    """

    value: int
    seconds: tuple[float, ...]
    pictures: int
    work: int
    peak: float | None

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def throughput(self) -> float:
        """Pictures a second, at the median."""
        return self.pictures / self.median

    @property
    def rate(self) -> float:
        """Multiply-adds a second, at the median."""
        return self.work * self.throughput

    @property
    def share(self) -> float | None:
        return None if self.peak is None else self.rate / self.peak


View = Literal["seconds", "throughput", "share"]


def spread(point: Point, view: View) -> tuple[float, float, float] | None:
    """(median, least, most) of a point's seconds, pictures a second, or share of the peak rate.

    None where no peak was measured.
    """
    seconds = (point.median, min(point.seconds), max(point.seconds))
    if view == "seconds":
        return seconds
    middle, most, least = (point.pictures / each for each in seconds)
    if view == "throughput":
        return middle, least, most
    if point.peak is None:
        return None
    part = point.work / point.peak
    return part * middle, part * least, part * most


def points(measurement: Measurement, setting: int) -> list[Point]:
    """A setting's points, by value. An epoch that was broken off is taken to go on as it began."""
    plan = measurement.plan
    # The best of all times is the nearest to what the machine can.
    peak = max((p.rate for p in measurement.peaks if p.setting == setting), default=None)
    found = []
    for value in plan.values:
        pictures = plan.at(value)["pictures"]
        seconds = tuple(
            sample.seconds * pictures / sample.pictures
            for sample in measurement.samples
            if (sample.setting, sample.value) == (setting, value)
        )
        if seconds:
            found.append(Point(value, seconds, pictures, plan.work(value), peak))
    return found


@dataclass(frozen=True)
class Crossover:
    """From ``value`` on the one is faster; at ``before``, the value before it, the other still is.

    Where it is faster everywhere, ``before`` is None.
    """

    before: int | None
    value: int


def crossover(one: Sequence[Point], other: Sequence[Point]) -> Crossover | None:
    """The smallest value from which ``one`` stays faster than ``other``, by medians.

    None where it does not stay faster, or where the two share no value.
    """
    theirs = {point.value: point.median for point in other}
    both = [point for point in one if point.value in theirs]
    slower = [i for i, point in enumerate(both) if point.median >= theirs[point.value]]
    first = slower[-1] + 1 if slower else 0
    if first >= len(both):
        return None
    return Crossover(both[first - 1].value if first else None, both[first].value)


def _at(plan: Plan, value: int) -> str:
    """5 hidden units, or batch size 5."""
    title = TITLES[plan.varies]
    if plan.varies == "batch_size":
        return f"{title} {value:,}"
    return f"{value:,} {title[:-1] if value == 1 else title}"


def _faster(plan: Plan, one: list[Point], other: list[Point], name: str, than: str) -> str:
    found = crossover(one, other)
    if found is None:
        return f"{name} does not stay faster than {than} in what was measured."
    if found.before is None:
        return f"{name} is faster than {than} at every value."
    return (
        f"{name} overtakes {than} between {found.before:,} and {_at(plan, found.value)}, and "
        "stays faster."
    )


def two_digits(number: float) -> str:
    """Or a whole number, written out: 0.314 -> 0.31, 170.2 -> 170."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def told(measurement: Measurement) -> list[str]:
    """What was found, in sentences; nothing while no setting was measured."""
    plan = measurement.plan
    lines = {i: found for i in range(len(plan.settings)) if (found := points(measurement, i))}
    if not lines:
        return []
    names = {i: plan.settings[i].name for i in lines}
    machine, said = measurement.machine, []
    if machine.load > BUSY * machine.cores:
        said.append(
            f"The machine was busy with other work when it began (load {machine.load:g} on "
            f"{machine.cores} cores), so these numbers mean little."
        )
    said += _fastest(plan, lines, names)
    said += _overtaking(plan, lines, names)
    said += _precisions(plan, lines, names)
    said += _share(plan, lines, names)
    return said


def _fastest(plan: Plan, lines: dict[int, list[Point]], names: dict[int, str]) -> list[str]:
    """Who is fastest, and up to where; of values at which two or more were measured."""
    measured = {
        value: {i: p.median for i, found in lines.items() for p in found if p.value == value}
        for value in plan.values
    }
    compared = {value: there for value, there in measured.items() if len(there) > 1}
    if not compared:
        return []
    parts: list[tuple[int, int]] = []  # (setting, the last value at which it is fastest)
    for value, there in compared.items():
        best = min(there, key=there.__getitem__)
        if parts and parts[-1][0] == best:
            parts.pop()
        parts.append((best, value))
    where = "everywhere" if compared == measured else "where two or more were measured"
    if len(parts) == 1:
        return [f"Fastest {where}: {names[parts[0][0]]}."]
    *some, (last, _) = parts
    upto = "; ".join(f"{names[i]} up to {_at(plan, value)}" for i, value in some)
    return [f"Fastest: {upto}; {names[last]} above."]


def _overtaking(plan: Plan, lines: dict[int, list[Point]], names: dict[int, str]) -> list[str]:
    """Where each GPU overtakes the best of the CPU; without one, where more threads overtake one.

    Compared are settings of one precision.
    """
    said = []
    for i, found in lines.items():
        setting = plan.settings[i]
        others = {j: plan.settings[j] for j in lines if j != i and plan.settings[j].on_cpu}
        others = {j: s for j, s in others.items() if s.precision == setting.precision}
        if setting.on_cpu:
            others = {j: s for j, s in others.items() if s.threads == 1 < setting.threads}
        if others:
            best = _best([lines[j] for j in others])
            than = names[next(iter(others))] if len(others) == 1 else "the best of the CPU"
            said.append(_faster(plan, found, best, names[i], than))
    return said


def _best(lines: list[list[Point]]) -> list[Point]:
    """The fastest point at each value that all have."""
    by_value: dict[int, list[Point]] = {}
    for point in (point for line in lines for point in line):
        by_value.setdefault(point.value, []).append(point)
    complete = [found for found in by_value.values() if len(found) == len(lines)]
    return [min(found, key=lambda point: point.median) for found in complete]


def _precisions(plan: Plan, lines: dict[int, list[Point]], names: dict[int, str]) -> list[str]:
    """How much longer the same takes in another precision than in float32."""
    said = []
    for i in lines:
        setting = plan.settings[i]
        plain = setting.model_copy(update={"precision": "float32"})
        base = next((j for j in lines if plan.settings[j] == plain and j != i), None)
        if base is None:
            continue
        theirs = {point.value: point.median for point in lines[base]}
        ratios = [p.median / theirs[p.value] for p in lines[i] if p.value in theirs]
        if ratios:
            low, high = two_digits(min(ratios)), two_digits(max(ratios))
            times = low if low == high else f"{low} to {high}"
            said.append(f"{names[i]} takes {times} times as long as float32.")
    return said


def _share(plan: Plan, lines: dict[int, list[Point]], names: dict[int, str]) -> list[str]:
    """How near the nearest comes to its peak, and how far it is from it at the other end."""
    known = [(p.share, i, p) for i, found in lines.items() for p in found if p.share is not None]
    if not known:
        return []
    share, i, point = max(known, key=lambda entry: entry[0])
    said = (
        f"Nearest to its peak comes {names[i]} at {_at(plan, point.value)}: "
        f"{point.rate / 1e9:.3g} thousand million multiply-adds a second, {share:.0%} of the "
        f"{(point.peak or 0) / 1e9:.3g} that its largest product of matrices reaches"
    )
    least = min((p for p in lines[i] if p.share is not None), key=lambda p: p.share or 0)
    if least is not point and least.share is not None:
        said += f"; at {_at(plan, least.value)} it is {least.share:.0%}"
    return [(said + ".").replace("%", " %")]


def rows(measurement: Measurement) -> list[dict[str, object]]:
    """Each sample of a measurement with all that belongs to it, flat."""
    plan = measurement.plan
    found: list[dict[str, object]] = []
    peaks = {
        i: [peak.rate for peak in measurement.peaks if peak.setting == i]
        for i in range(len(plan.settings))
    }
    for sample in measurement.samples:
        setting = plan.settings[sample.setting]
        throughput = sample.pictures / sample.seconds
        rate = plan.work(sample.value) * throughput
        best = max(peaks[sample.setting], default=None)
        found.append(
            {
                "measurement": measurement.id,
                "measured": datetime.fromtimestamp(measurement.created, UTC).isoformat(),
                "cpu": measurement.machine.cpu,
                "cores": measurement.machine.cores,
                "gpus": ", ".join(measurement.machine.gpus),
                "torch": measurement.machine.torch,
                "device": setting.label,
                "threads": setting.threads if setting.on_cpu else None,
                "precision": setting.precision,
                **{str(name): number for name, number in plan.at(sample.value).items()},
                "seconds": sample.seconds,
                "pictures_trained": sample.pictures,
                "seconds_an_epoch": plan.at(sample.value)["pictures"] / throughput,
                "pictures_a_second": throughput,
                "multiply_adds_a_second": rate,
                "share_of_peak": None if best is None else rate / best,
            }
        )
    return found


def to_csv(measurements: Sequence[Measurement]) -> bytes:
    """A header and a line a sample, as a spreadsheet opens it (UTF-8 with a mark)."""
    lines = [row for measurement in measurements for row in rows(measurement)]
    text: str = pd.DataFrame(lines).astype(object).to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")
