"""What Streamlit 1.67 loses where two requests of one browser meet, and should not."""

from itertools import accumulate
from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue, _is_toast_delta
from streamlit.runtime.scriptrunner import ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils import script_requests


def mend() -> None:
    """Put this module's functions in the place of Streamlit's; once more changes nothing."""
    ForwardMsgQueue.clear = _clear_part  # type: ignore[method-assign]
    script_requests._coalesce_widget_states = _coalesce_keeping_values
    AppSession._handle_scriptrunner_event_on_event_loop = _hear_to_its_end  # type: ignore[method-assign]
    AppSession.request_rerun = _ask_of_the_page_that_comes  # type: ignore[method-assign]


_clear = ForwardMsgQueue.clear
_coalesce = script_requests._coalesce_widget_states
_handle = AppSession._handle_scriptrunner_event_on_event_loop
_request = AppSession.request_rerun

# Of a session: the page that was asked for and has not begun yet, and the one that has.
ASKED, SHOWN = "_lab_page_asked", "_lab_page_shown"


def _clear_part(
    queue: ForwardMsgQueue,
    retain_lifecycle_msgs: bool = False,
    fragment_ids_this_run: list[str] | None = None,
) -> None:
    """Clear a session's unsent messages as Streamlit does, but of a part of a page all or nothing.

    A part of a page that was due while another was being drawn begins before the other's end was
    sent. Streamlit turns that end into one cut short, after which a browser removes nothing: a
    message that was put right would stay on the page. That is meant for a part that is drawn once
    more itself, whose drawing is dropped; another's is sent, and so is its end.

    Of the part that is drawn once more, Streamlit keeps what has another name: the parts within it,
    and what the browser knows already and is named by its hash. It would be sent before the
    container that it stands in, and a browser that is told to draw in a container that is not there
    gives up the whole page.
    """
    due = set(fragment_ids_this_run or [])
    ends = [
        (message, message.script_finished, ended)
        for message in queue._queue
        if message.HasField("script_finished")
        and (ended := [part for part in message.metadata.run.fragment_ids if part not in due])
    ]
    dropped = {
        tuple(message.metadata.delta_path)
        for message in queue._queue
        if message.delta.fragment_id in due and not _is_toast_delta(message)  # toasts are kept
    }
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
    if due:
        for message, status, ended in ends:
            message.script_finished = status
            message.metadata.run.fragment_ids[:] = ended
    if dropped:
        queue._queue = [
            message
            for message in queue._queue
            if dropped.isdisjoint(accumulate((part,) for part in message.metadata.delta_path))
        ]


def _coalesce_keeping_values(
    old: WidgetStates | None, new: WidgetStates | None
) -> WidgetStates | None:
    """One request of two that wait, with all that was typed or chosen in either.

    A click on another page says nothing of the fields of the page that is left. Where the server
    has not yet seen what was typed there a moment before, Streamlit would drop it.
    """
    both = _coalesce(old, new)
    if both is not None and old is not None:
        known = {state.id for state in both.widgets}
        both.widgets.extend(state for state in old.widgets if state.id not in known)
    return both


def _hear_to_its_end(
    session: AppSession,
    sender: ScriptRunner | None,
    event: ScriptRunnerEvent,
    forward_msg: ForwardMsg | None = None,
    *facts: Any,
    **named: Any,
) -> None:
    """Take what a run says also where it was done when the next one was asked for.

    A request that comes when a run is done, and what it drew has not been heard yet, makes another
    runner. Streamlit then hears the new one alone: what a click had changed would never be shown.
    The old one said all of it before the new one began; only its farewell would be taken for the
    other's. With ``fastReruns`` off, no runner is given up before it is done.
    """
    if event != ScriptRunnerEvent.SHUTDOWN:
        sender = session._scriptrunner
    if forward_msg is not None and forward_msg.HasField("navigation"):
        _begin(session, forward_msg.navigation.page_script_hash)
    _handle(session, sender, event, forward_msg, *facts, **named)


def _begin(session: AppSession, page: str) -> None:
    """A page begins: the one that was asked for, or one that the page before leads to by itself."""
    if getattr(session, ASKED, "") in ("", page):
        setattr(session, ASKED, "")
        setattr(session, SHOWN, page)


def _ask_of_the_page_that_comes(session: AppSession, client_state: ClientState | None) -> None:
    """Ask for a run of the page that was asked for last, whatever the browser still shows.

    Every request says which page the browser shows. A part that looks again by itself, or a field
    that somebody leaves, may say so of a page from which somebody has gone on a moment before.
    Streamlit would then go back to it: the click on the other page is lost, or that page, already
    drawn, is taken out of the browser again, which gives up when more of it comes. Who asks for
    another page is known by saying nothing of any field.
    """
    if client_state is not None:
        if client_state.fragment_id or client_state.widget_states.widgets:
            page = getattr(session, ASKED, "") or getattr(session, SHOWN, "")
            client_state.page_script_hash = page or client_state.page_script_hash
        else:
            setattr(session, ASKED, client_state.page_script_hash)
    _request(session, client_state)
