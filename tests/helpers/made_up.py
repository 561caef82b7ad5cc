"""What Hypothesis makes up where anything may stand."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-10, 10_000),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["1e999", "-0", "NaN", "inf", "1_000", "٣", "0x10", "\0", "\ud800", "=1+1"]),
)
NESTED = st.recursive(
    ANY,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def as_many(count: int) -> settings:
    """So many, the same ones each time, however long they take."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
