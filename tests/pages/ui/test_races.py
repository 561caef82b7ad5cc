"""What a session's unsent messages become when a part of its page is drawn once more."""

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.ui import races
from pages.ui.races import mend

DONE, CUT_SHORT = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN


@pytest.mark.parametrize(
    ("drawn", "due", "status", "ended"),
    [
        (["pad"], ["line"], DONE, ["pad"]),
        (["pad", "line"], ["line"], DONE, ["pad"]),  # both were asked for at once
        (["pad"], ["pad"], CUT_SHORT, ["pad"]),
        (["pad"], None, CUT_SHORT, ["pad"]),  # the whole page is
        ([], ["line"], ForwardMsg.FINISHED_SUCCESSFULLY, []),
    ],
)
def test_the_end_of_a_part_that_is_not_due_stays(
    drawn: list[str], due: list[str] | None, status: int, ended: list[str]
) -> None:
    mend()
    queue, end = ForwardMsgQueue(), ForwardMsg()
    end.script_finished = DONE if drawn else ForwardMsg.FINISHED_SUCCESSFULLY
    end.metadata.run.fragment_ids.extend(drawn)
    queue.enqueue(end)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=due)
    (left,) = queue.flush()
    assert left.script_finished == status
    assert list(left.metadata.run.fragment_ids) == ended


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


def test_what_stands_in_a_part_goes_with_it() -> None:
    mend()
    queue = ForwardMsgQueue()
    page, around = block([0, 0]), known([0, 1])
    pad, chart, inner = block([0, 0, 0], "pad"), known([0, 0, 0, 0]), block([0, 0, 0, 1], "inner")
    for message in (page, pad, chart, inner, around):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["pad"])
    assert queue.flush() == [page, around]


def test_what_stands_in_a_part_stays_where_another_is_due() -> None:
    mend()
    queue = ForwardMsgQueue()
    pad, inner = block([0, 0, 0], "pad"), block([0, 0, 0, 1], "inner")
    for message in (pad, inner, block([0, 1], "line")):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["line"])
    assert queue.flush() == [pad, inner]


class Session:
    """What of a session the mended functions look at."""


def of_field(page: str) -> ClientState:
    """A request for which a field of a page was left."""
    state = ClientState(page_script_hash=page)
    state.widget_states.widgets.add(id="field").string_value = "typed"
    return state


def test_who_has_gone_on_is_not_led_back(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(races, "_request", lambda _, state: asked.append(state.page_script_hash))
    session = Session()

    def ask(state: ClientState) -> str:
        races._ask_of_the_page_that_comes(session, state)  # type: ignore[arg-type]
        return asked[-1]

    def begin(page: str) -> None:
        races._begin(session, page)  # type: ignore[arg-type]

    def part(page: str) -> ClientState:
        return ClientState(page_script_hash=page, fragment_id="part")

    assert ask(ClientState(page_script_hash="")) == ""  # opened at the app's address
    assert ask(part("main")) == "main"
    begin("train")
    assert ask(part("main")) == "train"
    assert ask(ClientState(page_script_hash="sweep")) == "sweep"
    begin("train")  # what was drawn until then
    assert ask(part("train")) == "sweep"
    assert ask(of_field("train")) == "sweep"
    begin("sweep")
    assert ask(part("train")) == "sweep"
    assert ask(ClientState(page_script_hash="train")) == "train"  # and back
    begin("train")
    begin("draw")  # a button led there
    assert ask(of_field("train")) == ask(of_field("draw")) == "draw"
