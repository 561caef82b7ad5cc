"""Plans and measurements with numbers that a test chooses."""

from collections.abc import Mapping

from mnist_core.config.measuring import Machine, Plan, Setting
from mnist_core.insight.measurements import Measurement, Peak, Sample

ONE = Setting(device="cpu", label="CPU, 2 cores")
TWO = ONE.model_copy(update={"threads": 2})
DOUBLE = ONE.model_copy(update={"precision": "float64"})
GPU = Setting(device="cuda:0", label="Test GPU, 8 GB")
MACHINE = Machine(cpu="Test CPU", cores=2, load=0.1, gpus=(), torch="2.0")


def measured(
    seconds: Mapping[Setting, Mapping[int, tuple[float, ...]]],
    peaks: Mapping[Setting, float] | None = None,
    machine: Machine = MACHINE,
    **fixed: object,
) -> Measurement:
    """A measurement of hidden units in which an epoch of 1,000 pictures took these seconds."""
    settings = tuple(seconds)
    values = tuple(sorted({value for found in seconds.values() for value in found}))
    plan = Plan.model_validate(
        {"values": values, "settings": settings, "pictures": 1000, "repeats": 1, **fixed}
    )
    found = Measurement.new(plan, machine)
    for setting, by_value in seconds.items():
        place = settings.index(setting)
        if peaks and setting in peaks:
            found = found.adding(Peak(setting=place, rate=peaks[setting]))
        for value, each in by_value.items():
            for taken in each:
                sample = Sample(setting=place, value=value, seconds=taken, pictures=1000)
                found = found.adding(sample)
    return found
