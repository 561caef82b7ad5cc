"""One picture on its way through a network, with the numbers and shapes of each step."""

import numpy as np
import streamlit as st

from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.insight.answers import Answers
from mnist_core.nn.network import ACTIVATIONS, FloatArray, Network, softmax
from pages.ui import forms
from pages.ui.looked import Looked, rows_of
from pages.ui.pictures import bars, picture, row, signed, strip
from pages.ui.state import DRAWING
from pages.ui.words import literal, percent, shapes

NUMBER = "inside.number"
SHOWN_UNITS = 128  # squares of a layer; more would be a grey line
LONGEST = 12  # numbers written out


def show(looked: Looked) -> None:
    network, pictures = looked.network, looked.pictures
    sources = {"part": f"One of the {looked.said}", "drawing": "What I drew"}
    drawing = (st.session_state.get(DRAWING) or {}).get("objects", [])
    source = forms.switch("Picture", sources, "part", "inside.source")
    shape = pictures.images.shape[1:]
    if source == "drawing":
        if shape != (28, 28):
            st.info("A drawing is 28 × 28 and grey; this network reads other pictures.")
            return
        image = strokes_to_mnist(drawing)
        if not image.any():
            st.info("Nothing is drawn yet: draw a digit on the page **Draw**, and come back.")
            if st.button("Draw a digit", icon=":material/draw:"):
                st.switch_page("pages/draw.py")
            return
        truth = None
    else:
        place = _choose(looked.answers)
        one = pictures.of(slice(place, place + 1))
        image, truth = rows_of(one)[0].reshape(shape), int(one.labels[0])
    _steps(network, image.astype(np.float32), truth, pictures.classes)


def _choose(answers: Answers) -> int:
    """Which picture: by its place, or the next mistake."""
    count = len(answers.labels)

    def jump(to: str) -> None:
        now = st.session_state[NUMBER] - 1
        if to == "any":
            now = int(np.random.default_rng().integers(count))
        else:
            wrong = np.flatnonzero(~answers.right)
            now = int(wrong[np.searchsorted(wrong, now + 1) % len(wrong)])
        st.session_state[NUMBER] = now + 1

    st.session_state[NUMBER] = min(st.session_state.get(NUMBER, 1), count)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(
            "Number", 1, count, key=NUMBER, persist_state="session", width=140, step=1
        )
        st.button("Any other", icon=":material/shuffle:", on_click=jump, args=("any",))
        st.button(
            "Next mistake",
            icon=":material/skip_next:",
            on_click=jump,
            args=("wrong",),
            disabled=bool(answers.right.all()),
        )
    return int(number) - 1


def _steps(
    network: Network, image: FloatArray, truth: int | None, classes: tuple[str, ...]
) -> None:
    flat = image.reshape(1, -1)
    sums = [total[0] for total in network.sums(flat)]
    activate, _ = ACTIVATIONS[network.activation]
    shares = softmax(sums[-1])
    answer = int(shares.argmax())
    said = f"It reads **{literal(classes[answer])}**, {percent(float(shares[answer]), 1)} sure"
    if truth is not None:
        right = "which is right" if truth == answer else f"but it is {literal(classes[truth])}"
        said += f", {right}"
    st.markdown(f"{said}.")
    first, second = st.columns([1, 2], gap="large")
    with first:
        st.markdown(f"**1 · The picture in a row: [{flat.size}]**")
        st.html(picture(image, f"{' × '.join(map(str, image.shape))} numbers from 0 to 1", 140))
    with second:
        st.markdown("**Its parameters**")
        st.code(shapes(network), language=None)
    for place, (weight, _) in enumerate(network.layers[:-1]):
        units = len(weight)
        st.markdown(
            f"**{place + 2} · Layer {place + 1}: [{units}, {weight.shape[1]}] times "
            f"[{weight.shape[1]}], plus [{units}]: {units} sums; then {network.activation}: "
            f"[{units}]**"
        )
        st.html(_squares(sums[place], "sums") + _squares(activate(sums[place]), "handed on"))
        st.caption(f"Sums {_numbers(sums[place])} · handed on {_numbers(activate(sums[place]))}")
    last = network.layers[-1][0]
    st.markdown(
        f"**{len(network.layers) + 1} · The last layer: [{last.shape[0]}, {last.shape[1]}] times "
        f"[{last.shape[1]}], plus [{last.shape[0]}]: a sum for each class; softmax makes shares of "
        "them that add up to 1**"
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.dataframe(
            {
                "Class": list(classes),
                "Sum": sums[-1].astype(float),
                "e to that, of the largest": np.exp(sums[-1] - sums[-1].max()).astype(float),
                "Share": shares.astype(float),
            },
            hide_index=True,
            column_config={
                "Sum": st.column_config.NumberColumn(format="%.2f"),
                "e to that, of the largest": st.column_config.NumberColumn(format="%.4f"),
                "Share": st.column_config.NumberColumn(format="%.4f"),
            },
            height="content" if len(classes) <= 20 else 400,
            key="inside.logits",
        )
    with right:
        if len(classes) <= 20:
            st.html(bars(shares.tolist(), classes, answer))
    _by_hand(network, flat[0], sums)


def _by_hand(network: Network, flat: FloatArray, sums: list[FloatArray]) -> None:
    """One unit's sum, part by part."""
    hidden = len(network.layers) > 1
    st.markdown("**One unit by hand**" if hidden else "**One class by hand**")
    weight, bias = network.layers[0]
    units = len(weight)
    key = "inside.unit"
    st.session_state[key] = min(st.session_state.get(key, int(sums[0].argmax())), units - 1)
    unit = st.number_input(
        "Unit of layer 1" if hidden else "Class, by its number",
        *(0, units - 1),
        key=key,
        persist_state="session",
        width=180,
        step=1,
    )
    parts = weight[unit] * flat
    st.html(
        row(
            [
                picture(signed(_grey(weight[unit], network.sizes[0])), "its weights", 112),
                picture(_grey(flat, network.sizes[0]), "the picture", 112),
                picture(signed(_grey(parts, network.sizes[0])), "weight times picture", 112),
            ]
        )
    )
    total, ends = float(sums[0][unit]), ""
    if hidden:
        activate, _ = ACTIVATIONS[network.activation]
        ends = f" {network.activation} makes {float(activate(sums[0][unit])):.2f} of it."
    st.markdown(
        f"{len(parts):,} products add up to {float(parts.sum()):.2f}; with the bias "
        f"{float(bias[unit]):+.2f} that is **{total:.2f}**.{ends}".replace("-", "−")
    )


def _grey(values: FloatArray, size: int) -> FloatArray:
    """Numbers in a row as a square picture; of a coloured one the mean of its three colours."""
    side = round(size**0.5)
    if side * side == size:
        return values.reshape(side, side)
    side = round((size / 3) ** 0.5)
    found: FloatArray = values.reshape(side, side, 3).mean(2)
    return found


def _squares(values: FloatArray, what: str) -> str:
    more = f", the first {SHOWN_UNITS} of {len(values):,}" if len(values) > SHOWN_UNITS else ""
    return strip(values[:SHOWN_UNITS], f"{what}{more}")


def _numbers(values: FloatArray) -> str:
    """Some of a layer's numbers."""
    said = ", ".join(f"{value:.2f}" for value in values[:LONGEST]).replace("-", "−")
    return f"[{said}{', …' if len(values) > LONGEST else ''}]"
