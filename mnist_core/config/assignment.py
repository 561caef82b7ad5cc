"""What a teacher asks of a class, as a link: settings that are given, a goal, a text to read."""

import base64
import binascii
import hashlib
import json
import zlib
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from mnist_core.config.fields import FIELDS, parse_config, problems
from mnist_core.config.numbers import Real, Whole
from mnist_core.config.share import as_text, to_query
from mnist_core.config.texts import check_name, check_text
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, Problem

MAX_TITLE = 80  # characters
MAX_GROUP = 40
MAX_LESSON = 3000
MAX_LINK = 8000  # characters; servers and browsers take more, some chats and mail programs do not
MAX_UNPACKED = 40_000  # bytes; of a text that is none of ours a few letters could be gigabytes
MAX_PARAMETERS = 100_000_000
MAX_EPOCHS = int(FIELDS["epochs"].high or 0)
KEY = 12  # characters that tell two assignments apart


class Goal(BaseModel):
    """A validation accuracy (a share) to reach, within these many parameters and epochs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: Real = Field(ge=0.1, le=1)
    parameters: Whole | None = Field(None, ge=1, le=MAX_PARAMETERS)
    epochs: Whole | None = Field(None, ge=1, le=MAX_EPOCHS)


def _title(text: str) -> str:
    return check_name("title", text, MAX_TITLE)


def _group(text: str) -> str:
    return check_name("class", text, MAX_GROUP) if text else ""


def _lesson(text: str) -> str:
    return check_text("text", text, MAX_LESSON)


def _settings(values: object) -> object:
    return parse_config(values) if isinstance(values, dict) else values


class Assignment(BaseModel):
    """What pupils find on Train who open its link.

    ``text`` is Markdown. ``settings`` fill the form; of its fields, those that are ``fixed`` can be
    seen and not changed, and those that are ``hidden`` are not shown. ``group`` is the class it is
    for: the same for two classes would be one assignment, with one table.

    Raises:
        ConfigError: names what cannot be, and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, AfterValidator(_title)]
    group: Annotated[str, AfterValidator(_group)] = ""
    text: Annotated[str, AfterValidator(_lesson)] = ""
    settings: Annotated[TrainConfig, BeforeValidator(_settings)] = TrainConfig()
    fixed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    goal: Goal | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for kind, names in (("fixed", self.fixed), ("hidden", self.hidden)):
            if unknown := names - FIELDS.keys():
                raise ConfigError([Problem(kind, sorted(unknown), "must be names of settings")])
        if both := self.fixed & self.hidden:
            raise ConfigError([Problem("hidden", sorted(both), "must not be fixed as well")])
        return self

    @property
    def given(self) -> dict[str, Any]:
        """The settings that pupils cannot change, by name, in the form's order."""
        kept = self.fixed | self.hidden
        return {name: getattr(self.settings, name) for name in FIELDS if name in kept}

    @property
    def key(self) -> str:
        """What tells it from all others: another text is another assignment."""
        return hashlib.sha256(self._written().encode()).hexdigest()[:KEY]

    def link(self) -> str:
        """What the address of the page carries.

        Raises:
            ConfigError: it is too long for a link.
        """
        packed = zlib.compress(self._written().encode(), 9)
        text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        if len(text) > MAX_LINK:
            allowed = f"must fit into a link of {MAX_LINK:,} characters, and takes {len(text):,}"
            raise ConfigError([Problem("text", self.text, allowed)])
        return text

    def _written(self) -> str:
        """As JSON, the same for the same; of the settings what is not the default."""
        values = self.model_dump(exclude_defaults=True, exclude={"settings", "fixed", "hidden"})
        values["settings"] = to_query(self.settings)
        # What is given stays what it is where another version has another default.
        values["settings"] |= {name: as_text(value) for name, value in self.given.items()}
        values |= {"fixed": sorted(self.fixed), "hidden": sorted(self.hidden)}
        return json.dumps({k: v for k, v in values.items() if v}, sort_keys=True)


def parse_assignment(values: dict[str, Any]) -> Assignment:
    """Check ``values`` (field name -> value) and fill in the defaults.

    Raises:
        ConfigError: names what cannot be, its value and what is allowed.
    """
    try:
        return Assignment.model_validate(values)
    except ValidationError as error:
        takes = dict.fromkeys(Assignment.model_fields, "must be as this version writes it")
        takes["goal"] = (
            f"must be an accuracy from 10 to 100 %, with at most {MAX_PARAMETERS:,} parameters and "
            f"{MAX_EPOCHS:,} epochs"
        )
        raise ConfigError(problems(error, values, takes)) from None


@lru_cache(maxsize=64)
def read_link(text: str) -> Assignment:
    """The assignment of a link (see ``Assignment.link``); a page asks at each drawing.

    Raises:
        ConfigError: the link is cut, changed, or of a version that this one does not know.
    """
    whole = "must be copied whole: this one is cut or changed"
    try:
        if len(text) > MAX_LINK:
            raise ValueError(f"{len(text):,} characters")
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        written = unpacking.decompress(packed, MAX_UNPACKED)
        if not unpacking.eof or unpacking.unused_data:
            raise ValueError("it goes on")
        values = json.loads(written)
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise ConfigError([Problem("link", text, whole)]) from None
    if not isinstance(values, dict):
        raise ConfigError([Problem("link", text, whole)])
    return parse_assignment(values)
