"""What Streamlit 1.67 loses where two requests of one browser meet, and should not."""

from typing import Any

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import ScriptRunner, ScriptRunnerEvent
from streamlit.runtime.scriptrunner_utils import script_requests


def mend() -> None:
    """Put this module's functions in the place of Streamlit's; once more changes nothing."""
    ForwardMsgQueue.clear = _clear_but_for_a_part  # type: ignore[method-assign]
    script_requests._coalesce_widget_states = _coalesce_keeping_values
    AppSession._handle_scriptrunner_event_on_event_loop = _hear_to_its_end  # type: ignore[method-assign]
    AppSession.request_rerun = _ask_of_the_page_that_comes  # type: ignore[method-assign]


_clear = ForwardMsgQueue.clear
_coalesce = script_requests._coalesce_widget_states
_handle = AppSession._handle_scriptrunner_event_on_event_loop
_request = AppSession.request_rerun

# Of a session: the page that was asked for and has not begun yet, and the one that has.
ASKED, SHOWN = "_lab_page_asked", "_lab_page_shown"


def _clear_but_for_a_part(
    queue: ForwardMsgQueue,
    retain_lifecycle_msgs: bool = False,
    fragment_ids_this_run: list[str] | None = None,
) -> None:
    """Clear a session's unsent messages as Streamlit does, but for a part of a page clear nothing.

    A part that is drawn once more may begin before all that was drawn earlier was sent, on a busy
    machine where a page is opened. Streamlit then drops what that part had drawn, also out of the
    middle of a whole page: what stands below it is sent first, and a browser that is told to draw
    where there is nothing before gives up the page, which stays blank. It would also turn the end
    of the part, and of others, into one cut short, after which a browser removes nothing. In the
    order in which they were said, all messages are right.
    """
    if fragment_ids_this_run:
        queue._delta_index_map = {}  # what comes is not put into the place of what was before
    else:
        _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)


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
    that somebody leaves, may say so of a page from which somebody has gone on a moment before, or
    that a busy browser has been sent the successor of and has not drawn yet. Streamlit would then
    go back to it, and the click on the other page is lost; or run the part, at which such a browser
    empties the page that it was about to draw, and gives up when the part comes ("Cannot set a node
    at a delta path", and a blank page). Of another page than it shows, a browser takes the whole
    alone. So a part that looks again is left: on the page that comes, it will by itself. What
    somebody did is a request of that whole page.

    Who asks for another page is known by saying nothing of any field.

    With each request a browser says what all fields hold. A part that looks again says it also of
    one into which the server has put something else that was not drawn yet, as a preset does:
    Streamlit would take the old for typed. And it says what was clicked a moment before its own
    request is sent: Streamlit would do twice what was clicked once. Whoever types or clicks asks
    for a run of it, so only that is heard.
    """
    if client_state is not None:
        page = getattr(session, ASKED, "") or getattr(session, SHOWN, "")
        if not client_state.fragment_id and not client_state.widget_states.widgets:
            setattr(session, ASKED, client_state.page_script_hash)
        elif page not in ("", client_state.page_script_hash):
            if client_state.is_auto_rerun:
                return
            client_state.fragment_id, client_state.page_script_hash = "", page
        if client_state.is_auto_rerun:
            del client_state.widget_states.widgets[:]
    _request(session, client_state)
