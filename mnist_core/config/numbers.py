"""Numbers of a configuration and of a record. pydantic alone would take ``True`` for 1."""

from typing import Annotated

from pydantic import BeforeValidator, Field


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth_value)]
Real = Annotated[float, BeforeValidator(_no_truth_value)]

# What is counted and measured, as a table can show it: records that somebody damaged hold anything.
LARGEST = 2**53
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Measured = Annotated[float, Field(allow_inf_nan=False)]
