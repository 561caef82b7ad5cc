"""What a session's unsent messages become when a part of its page is drawn once more."""

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.ui import races
from pages.ui.races import mend

DONE, CUT_SHORT = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN


def block(path: list[int], part: str = "") -> ForwardMsg:
    """A container at a place of the page, drawn by a part of it if that is named."""
    message = ForwardMsg()
    message.delta.add_block.allow_empty = True
    message.delta.fragment_id = part
    message.metadata.delta_path.extend(path)
    return message


def known(path: list[int]) -> ForwardMsg:
    """Something that the browser has, named by its hash."""
    message = ForwardMsg()
    message.ref_hash = "hash"
    message.metadata.delta_path.extend(path)
    return message


def end(part: str = "") -> ForwardMsg:
    """The end of a run of the whole page, or of a part of it."""
    message = ForwardMsg()
    message.script_finished = DONE if part else ForwardMsg.FINISHED_SUCCESSFULLY
    message.metadata.run.fragment_ids.extend([part] if part else [])
    return message


@pytest.mark.parametrize("due", [["pad"], ["line"], ["pad", "line"]])
def test_all_that_was_drawn_is_sent_before_a_part_is_drawn_once_more(due: list[str]) -> None:
    mend()
    queue = ForwardMsgQueue()
    page = [block([0, 0]), block([0, 0, 0], "pad"), known([0, 0, 0, 0]), block([0, 1]), end()]
    part = [block([0, 0, 0], "pad"), known([0, 0, 0, 0]), end("pad")]
    for messages in (page, part):  # the part's do not replace the page's
        for message in messages:
            queue.enqueue(message)
        queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=due)
    assert queue.flush() == page + part


def test_what_was_drawn_is_dropped_before_the_whole_page_is() -> None:
    mend()
    queue = ForwardMsgQueue()
    for message in (block([0, 0, 0], "pad"), known([0, 0, 0, 0]), end("pad")):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)
    (left,) = queue.flush()
    assert left.script_finished == CUT_SHORT
    assert queue.is_empty()


class Session:
    """What of a session the mended functions look at."""


def of_field(page: str) -> ClientState:
    """A request for which a field of a page was left."""
    state = ClientState(page_script_hash=page)
    state.widget_states.widgets.add(id="field").string_value = "typed"
    return state


def of_part(page: str, itself: bool = False) -> ClientState:
    """A request of a part of a page, for somebody did something in it or since it looks again."""
    return ClientState(page_script_hash=page, fragment_id="part", is_auto_rerun=itself)


def test_who_has_gone_on_is_not_led_back(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(
        races, "_request", lambda _, of: asked.append((of.page_script_hash, of.fragment_id))
    )
    session = Session()

    def ask(state: ClientState) -> tuple[str, str] | None:
        """The page and the part that Streamlit is asked for."""
        asked.clear()
        races._ask_of_the_page_that_comes(session, state)  # type: ignore[arg-type]
        return asked[0] if asked else None

    def begin(page: str) -> None:
        races._begin(session, page)  # type: ignore[arg-type]

    assert ask(ClientState(page_script_hash="")) == ("", "")  # opened at the app's address
    assert ask(of_part("main")) == ("main", "part")
    begin("train")
    for itself in (True, False):
        assert ask(of_part("train", itself)) == ("train", "part")
    assert ask(of_part("main", True)) is None
    assert ask(of_part("main")) == ("train", "")
    assert ask(ClientState(page_script_hash="sweep")) == ("sweep", "")
    begin("train")  # what was drawn until then
    assert ask(of_part("train", True)) is None
    assert ask(of_part("train")) == ("sweep", "")
    assert ask(of_field("train")) == ("sweep", "")
    begin("sweep")
    assert ask(of_part("train", True)) is None
    assert ask(of_part("sweep", True)) == ("sweep", "part")
    assert ask(ClientState(page_script_hash="train")) == ("train", "")  # and back
    begin("train")
    begin("draw")  # a button led there
    assert ask(of_field("train")) == ask(of_field("draw")) == ("draw", "")


def test_a_part_that_looks_again_says_nothing_of_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[ClientState] = []
    monkeypatch.setattr(races, "_request", lambda _, state: heard.append(state))
    for itself in (True, False):
        state = of_part("", itself)
        state.widget_states.widgets.add(id="button").trigger_value = True
        state.widget_states.widgets.add(id="field").string_value = "typed"
        races._ask_of_the_page_that_comes(Session(), state)  # type: ignore[arg-type]
    assert [[field.id for field in state.widget_states.widgets] for state in heard] == [
        [],
        ["button", "field"],
    ]
