"""What was measured of training time, and the files in which it is kept."""

import time
import uuid
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mnist_core.config.measuring import Machine, Plan
from mnist_core.config.numbers import Count, Measured
from mnist_core.errors import ConfigError, MeasurementError
from mnist_core.files import write_whole
from mnist_core.settings import Settings

FOLDER = "measurements"  # in the home folder
MOST_BYTES = 2**20  # of a file; the longest plan has 900 samples of 80 bytes

Positive = Annotated[Measured, Field(gt=0)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sample(_Record):
    """Once, in ``seconds``, a network was trained on so many ``pictures``.

    ``setting`` is a place in the plan's ``settings``.
    """

    setting: Count
    value: Count
    seconds: Positive
    pictures: Annotated[Count, Field(ge=1)]


class Peak(_Record):
    """The multiply-adds a second of a setting's fastest product of matrices, once."""

    setting: Count
    rate: Positive


class Measurement(_Record):
    """A plan, and what of it was measured: all of it, or what there was until a stop.

    ``created`` is in seconds since 1970.
    """

    format: Literal["mnist-lab-measurement"] = "mnist-lab-measurement"
    version: Literal[1] = 1
    id: str = Field(pattern="^[0-9a-f]{32}$")
    created: float = Field(ge=0, le=253402300799, allow_inf_nan=False)  # until the year 9999
    machine: Machine
    plan: Plan
    samples: tuple[Sample, ...] = ()
    peaks: tuple[Peak, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        settings = [*(one.setting for one in self.samples), *(one.setting for one in self.peaks)]
        if any(setting >= len(self.plan.settings) for setting in settings):
            raise ValueError("a sample is of a setting that the plan does not have")
        if any(sample.value not in self.plan.values for sample in self.samples):
            raise ValueError("a sample is of a value that the plan does not have")
        return self

    @classmethod
    def new(cls, plan: Plan, machine: Machine) -> Self:
        """One that begins now."""
        return cls(id=uuid.uuid4().hex, created=time.time(), machine=machine, plan=plan)

    def adding(self, found: Sample | Peak) -> Self:
        """With one more sample."""
        if isinstance(found, Peak):
            return self.model_copy(update={"peaks": (*self.peaks, found)})
        return self.model_copy(update={"samples": (*self.samples, found)})

    @property
    def done(self) -> int:
        """Samples, of the plan's."""
        return len(self.samples) + len(self.peaks)


def parse_measurement(data: bytes, name: str) -> Measurement:
    """The measurement in a file's bytes.

    Raises:
        MeasurementError: calls the file ``name`` and says what is wrong with it.
    """
    if len(data) > MOST_BYTES:
        raise MeasurementError(f"{name} has more than {MOST_BYTES // 2**20} MB, which is the most")
    try:
        return Measurement.model_validate_json(data)
    except ConfigError as error:
        raise MeasurementError(f"{name} is no measurement of this app: {error}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        if place == "version":
            said = f"{name} was written by another version of this app: {problem['msg']}"
        else:
            said = f"{name} is no measurement of this app: {place or 'it'}: {problem['msg']}"
        raise MeasurementError(said) from error


class Measurements:
    """The measurements that are kept in a folder, a JSON file each."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Settings().home / FOLDER

    def all(self) -> tuple[list[Measurement], list[str]]:
        """Those that can be read, the newest first, and a sentence about each file that cannot."""
        found, problems = [], []
        for path in sorted(self.folder.glob("*.json")):
            try:
                found.append(parse_measurement(path.read_bytes(), str(path)))
            except FileNotFoundError:  # deleted just now, in another tab
                continue
            except OSError as error:
                problems.append(f"{path} cannot be read: {error.strerror}")
            except MeasurementError as error:
                problems.append(str(error))
        return sorted(found, key=lambda one: -one.created), problems

    def write(self, measurement: Measurement) -> None:
        """Keep a measurement, in place of what was kept of it. The file is whole or not there.

        Raises:
            MeasurementError: it cannot be written.
        """
        path, data = self._path(measurement.id), measurement.model_dump_json().encode()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            raise MeasurementError(f"{path} cannot be written: {error.strerror}") from error

    def delete(self, measurement_id: str) -> None:
        """Forget a measurement; nothing happens if it is not there.

        Raises:
            MeasurementError: it cannot be deleted.
        """
        path = self._path(measurement_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise MeasurementError(f"{path} cannot be deleted: {error.strerror}") from error

    def _path(self, measurement_id: str) -> Path:
        return self.folder / f"{measurement_id}.json"
