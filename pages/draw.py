"""Draw: write a digit with the mouse or a finger, and see what a trained network reads."""

import streamlit as st

from mnist_core.charts import probability_bars
from mnist_core.config import PRESETS
from mnist_core.drawing import prepare_strokes
from mnist_core.errors import MnistLabError
from mnist_core.run_records import Run
from pages.ui import runview
from pages.ui.canvas import draw_canvas, picture
from pages.ui.state import RUN, backend, page, predictor, select_run

POLL = 0.5  # seconds between two looks at the first model while it trains
DIGITS = tuple("0123456789")

page("Draw")


def train_first() -> None:
    run_id, _ = backend().start_if_idle(next(iter(PRESETS.values())))
    select_run(run_id)


def waiting_room() -> None:
    """No model yet: one button trains one, and its progress is shown here."""
    active = backend().store.active()
    if active:
        st.info(f"**{active[0].name}** is training; the pad opens when it can read.")
        runview.progress_bar(active[0])
    elif models():
        st.rerun()
    else:
        st.info("No network has been trained yet, so nobody here can read. Train one first:")
        st.button(
            "Train the tutorial's model",
            type="primary",
            icon=":material/play_arrow:",
            on_click=train_first,
        )


def models() -> dict[str, Run]:
    """The runs that can read digits, newest first, by id."""
    runs = backend().store.newest(200)
    return {
        run.id: run
        for run in runs
        if run.checkpoint and not run.active and run.config.dataset == "mnist"
    }


def describe(run: Run) -> str:
    accuracy = run.result.get("test_accuracy")
    return run.name + (f" · test {runview.percent(accuracy)}" if accuracy is not None else "")


def choose(readers: dict[str, Run]) -> Run:
    last = st.session_state.get(RUN)
    ids = list(readers)
    chosen = st.selectbox(
        "Model",
        ids,
        index=ids.index(last) if last in ids else 0,
        format_func=lambda run_id: describe(readers[run_id]),
        key="model",
        help="Every network trained so far. Changing it keeps the drawing.",
    )
    return readers[chosen]


def pad(readers: dict[str, Run]) -> None:
    """The canvas and what the network says; a stroke runs this part of the page alone."""
    left, middle, right = st.columns([1.1, 0.9, 1.5], gap="large")
    with left:
        run = choose(readers)
        width = st.slider("Pen width", 6, 40, 18, key="pen", help="In pixels of the 280 x 280 pad.")
        st.space("small")  # the canvas shows its undo, redo and clear here
        strokes = draw_canvas("pad", width)
    steps = prepare_strokes(strokes)
    with middle:
        if steps.empty:
            st.markdown("#### Draw a digit")
            st.caption("0 to 9, on the black square. The answer comes when you lift the pen.")
        else:
            prediction = predictor(run.id, run.checkpoint)(steps.image)
            st.markdown(
                f"<div role='status' style='font-size:5rem;line-height:1'>{prediction.digit}</div>",
                unsafe_allow_html=True,
            )
            st.caption(f"{prediction.confidence:.1%} sure".replace("%", " %"))
            st.html(picture(steps.image, "What the network sees: 28 × 28, fitted and centred"))
    with right:
        shares = [] if steps.empty else prediction.probabilities.tolist()
        st.plotly_chart(probability_bars(shares, DIGITS), key="probabilities")


st.caption("Draw a digit and see which one the network reads, and how sure it is.")
try:
    readers = models()
    if not readers:
        st.fragment(waiting_room, run_every=POLL)()
    else:
        st.fragment(pad)(readers)
except MnistLabError as error:
    st.error(str(error))
