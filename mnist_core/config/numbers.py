"""Numbers of a configuration. pydantic alone would take ``True`` for 1."""

from typing import Annotated

from pydantic import BeforeValidator


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth_value)]
Real = Annotated[float, BeforeValidator(_no_truth_value)]
