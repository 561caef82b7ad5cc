"""Pages on which two requests of a browser meet every time, as they do now and then elsewhere."""

import threading
import time

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequests,
    ScriptRequestType,
)
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState, get_script_run_ctx

from pages.ui.fragments import fragment
from pages.ui.races import mend


def redrawn_alone() -> ScriptRequests | None:
    """The requests that wait, in the run of a part of a page; None in that of the whole page."""
    context = get_script_run_ctx()
    assert context is not None
    return context.script_requests if context.fragment_ids_this_run else None


def shows() -> None:
    """A part whose content comes and goes, and that ends when the other part is due."""
    if st.checkbox("Show", value=True):
        st.text("What comes and goes")
    requests = redrawn_alone()
    while requests is not None and requests._state == ScriptRequestType.CONTINUE:
        time.sleep(0.01)


def polls() -> None:
    st.text("Looked again")


def parts() -> None:
    fragment(shows, None)()
    fragment(polls, 0.2)()


def keep() -> None:
    st.session_state["said"] = st.session_state["field"]


def holds(here: str) -> None:
    """A part that, looking again, lets nothing be heard until another page was asked for."""
    requests = redrawn_alone()
    st.text("Looked" if requests is None else "Holds")
    while requests is not None and requests._rerun_data.page_script_hash == here:
        time.sleep(0.01)


def typed() -> None:
    st.text_input("Name", key="field", on_change=keep)
    context = get_script_run_ctx()
    assert context is not None
    fragment(holds, 0.2)(context.page_script_hash)


def part() -> None:
    """A part that can be asked for by its name."""
    st.text("A part")
    st.session_state["part"] = ThreadState.get().fragment_id


def ends() -> None:
    """A page that, drawn for a click, is done when the next request comes, and not yet heard."""
    clicked = st.button("Next")
    fragment(part, None)()
    number = st.session_state.get("number", 0) + clicked
    st.session_state["number"] = number
    if clicked:
        context = get_script_run_ctx()
        assert context is not None
        requests, here = context.script_requests, context.page_script_hash
        again = ClientState(fragment_id=st.session_state["part"], page_script_hash=here)
        info = get_instance()._session_mgr.get_session_info(context.session_id)
        assert info is not None
        assert requests is not None
        session = info.session

        def ask() -> None:
            while requests._state != ScriptRequestType.STOP:
                time.sleep(0.01)
            session.request_rerun(again)

        session._event_loop.call_soon_threadsafe(ask)
    st.text(f"Number {number}")


def counted() -> None:
    """A part that both of the next two pages have at the same place."""
    count = st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    st.text(f"Drawn {count} times")
    st.session_state["counted"] = ThreadState.get().fragment_id


def left() -> None:
    """A page that somebody leaves."""
    fragment(counted, None)()
    st.text("Left")
    context = get_script_run_ctx()
    assert context is not None
    st.session_state["left"] = context.page_script_hash


def reached() -> None:
    """A page that is being drawn when a part of the one before looks again, and is asked for."""
    fragment(counted, None)()
    if before := st.session_state.pop("left", None):
        context = get_script_run_ctx()
        assert context is not None
        info = get_instance()._session_mgr.get_session_info(context.session_id)
        assert info is not None
        session, part, heard = info.session, st.session_state["counted"], threading.Event()

        def ask() -> None:
            for itself in (True, False):
                late = ClientState(fragment_id=part, page_script_hash=before, is_auto_rerun=itself)
                session.request_rerun(late)
            heard.set()

        session._event_loop.call_soon_threadsafe(ask)
        heard.wait()
    st.text("Reached")


def looked() -> None:
    """A part that sets free what waits for it to look again."""
    st.text("Looked")
    st.session_state["looked"] = ThreadState.get().fragment_id
    if redrawn_alone() is not None:
        st.session_state["free"].set()


def unsent() -> None:
    """A page of which only the head is sent until a part in its middle begins once more."""
    context = get_script_run_ctx()
    assert context is not None
    requests = context.script_requests
    info = get_instance()._session_mgr.get_session_info(context.session_id)
    assert info is not None
    assert requests is not None
    held, free = threading.Event(), threading.Event()
    st.session_state["free"] = free
    fragment(polls, 0.2)()
    while requests._state == ScriptRequestType.CONTINUE:
        time.sleep(0.01)  # the part looks again once the browser has drawn it

    def hold() -> None:
        """In the thread that sends."""
        held.set()
        free.wait()

    info.session._event_loop.call_soon_threadsafe(hold)
    held.wait()
    st.text("Above")
    fragment(looked, None)()
    st.text("Below")
    part, here = st.session_state["looked"], context.page_script_hash
    requests.request_rerun(RerunData(fragment_id=part, page_script_hash=here))


def count() -> None:
    st.session_state["count"] = st.session_state.get("count", 0) + 1


def counts() -> None:
    """A page whose part looks again while somebody clicks."""
    st.button("Count", on_click=count)
    st.text(f"Counted {st.session_state.get('count', 0)}")
    fragment(polls, 0.2)()


def put() -> None:
    st.session_state["filled"], st.session_state["due"] = "by the server", True


def looks() -> None:
    """A part that, looking again, has the page drawn anew once after something was put there."""
    st.text("Looked again")
    if redrawn_alone() is not None and st.session_state.pop("due", False):
        st.session_state["anew"] = True
        st.rerun()


def filled() -> None:
    """A page with a field that the server fills."""
    value = st.text_input("Filled", key="filled")
    st.button("Put", on_click=put)
    fragment(looks, 0.2)()
    if st.session_state.get("anew"):
        st.text(f"It holds: {value}")


def other() -> None:
    st.text(f"Said: {st.session_state.get('said')}")


mend()
st.navigation(
    [st.Page(page) for page in (parts, typed, other, ends, left, reached, unsent, counts, filled)],
    position="top",
).run()
