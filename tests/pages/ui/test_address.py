"""Back and Forward, links, and addresses from before the last click."""

from streamlit.testing.v1 import AppTest


def selecting() -> None:
    """A page on which runs are selected."""
    import streamlit as st

    from pages.ui import address, state

    address.read_address()
    if "next" in st.session_state:
        state.select_runs(st.session_state.pop("next"))
    st.text(" ".join(state.selected_runs()))


def test_back_is_followed_and_an_address_from_before_the_last_click_is_not() -> None:
    page = AppTest.from_function(selecting)

    def shown(address: str, *clicked: str) -> str:
        """What is selected after a rerun for which the browser showed this address."""
        page.query_params.pop("runs", None)
        if address:
            page.query_params["runs"] = address
        if clicked:
            page.session_state["next"] = list(clicked)
        page.run()
        assert not page.exception, page.exception
        return page.text[0].value

    assert shown("") == ""
    assert shown("", "a") == "a"
    assert shown("a", "a", "b") == "a b"
    assert shown("a") == "a b"  # a poll that was on its way
    assert page.query_params["runs"] == "a,b"
    assert shown("a,b") == "a b"
    assert shown("a") == "a"  # Back
    assert shown("") == ""  # and once more
    assert shown("a,b") == "a b"  # Forward, or an edited address


def test_an_address_that_was_opened_is_taken() -> None:
    page = AppTest.from_function(selecting)
    page.query_params["runs"] = "c,d"
    assert page.run().text[0].value == "c d"
