"""Measurements on the screen: a chart with its spread, what it says, a table, and the list."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from mnist_core.charts.devices import Line, devices_chart
from mnist_core.config.measuring import TITLES, Plan, Setting
from mnist_core.insight.measurements import Measurement
from mnist_core.insight.timing import View, points, spread, to_csv, told
from pages.ui import forms
from pages.ui.actions import reported
from pages.ui.devices.measuring import SHOWN, measurer
from pages.ui.download import download_button
from pages.ui.words import literal

VIEWS: dict[View, str] = {
    "seconds": "Time",
    "throughput": "Throughput",
    "share": "Share of peak",
}
AXES: dict[View, tuple[str, str]] = {
    "seconds": ("Time of an epoch", "seconds"),
    "throughput": ("Throughput", "pictures a second"),
    "share": ("Share of peak", "of its fastest product of matrices"),
}
TABLE, ORDER = "devices.table", "devices.order"  # keys: the table, and the id of each row
DELETED = "devices.deleted"  # session key: what Undo brings back
HEIGHT = 250


def when(measurement: Measurement) -> str:
    """Its date, by the clock of the machine on which the app runs."""
    return f"{datetime.fromtimestamp(measurement.created):%d %b %Y, %H:%M}"


def fixed(plan: Plan) -> str:
    """What stayed the same, in words."""
    there = {name: getattr(plan, name) for name in TITLES if name != plan.varies}
    return ", ".join(f"{TITLES[name]} {value:,}" for name, value in there.items())


def _alike(chosen: list[Measurement]) -> dict[str, Measurement]:
    """Those that vary the same as the first, by what tells them apart: nothing for one alone."""
    alike = [one for one in chosen if one.plan.varies == chosen[0].plan.varies]
    if len(alike) == 1:
        return {"": alike[0]}
    return {f"#{number}": one for number, one in enumerate(alike, 1)}


def _name(number: str, setting: Setting) -> str:
    return f"{number} · {setting.name}" if number else setting.name


def picture(chosen: list[Measurement], live: bool = False) -> None:
    """The chart of one or more measurements that vary the same, and what each says."""
    first, alike = chosen[0], _alike(chosen)
    view = forms.switch(
        "What the chart shows", VIEWS, "seconds", "devices.view", label_visibility="collapsed"
    )
    lines = []
    for group, (number, one) in enumerate(alike.items()):
        for place, setting in enumerate(one.plan.settings):
            found = [(p.value, spread(p, view)) for p in points(one, place)]
            drawn = [(value, *numbers) for value, numbers in found if numbers is not None]
            if drawn:
                lines.append(Line(_name(number, setting), drawn, place, group))
    if not lines:
        st.caption(
            "The first points come when each setting's peak rate is known."
            if live
            else "It ended before its first point."
        )
        return
    title, unit = AXES[view]
    varied = TITLES[first.plan.varies]
    st.plotly_chart(
        devices_chart(
            lines,
            f"{title}, by {varied}",
            varied,
            unit,
            share=view == "share",
            log_x=first.plan.varies != "layers",
        ),
        key=f"devices-{view}",
        alt=" ".join([f"{title}, by {varied}.", *told(first)]),
    )
    if not live:
        _words(alike, len(chosen) - len(alike))


def _words(alike: dict[str, Measurement], left_out: int) -> None:
    """What each measurement says, and how far they can be compared."""
    for number, one in alike.items():
        if number:
            st.markdown(f"**{number}** · {literal(f'{when(one)} · {one.machine.name}')}")
        if sentences := told(one):
            st.markdown("\n".join(f"- {literal(sentence)}" for sentence in sentences))
        st.caption(literal(f"Fixed: {fixed(one.plan)}. {_samples(one)}"))
    differing = [
        TITLES[name]
        for name in TITLES
        if len({getattr(one.plan, name) for one in alike.values() if one.plan.varies != name}) > 1
    ]
    if differing:
        st.caption(f"These differ in {' and '.join(differing)} too, so compare them with care.")
    if left_out:
        st.caption(f"Left out, since something else varies there: {left_out}.")
    with st.expander("How it was measured"):
        st.markdown(
            "The steps are training's own (SGD), and the data are on the device already; the "
            "evaluation after an epoch is left out. The pictures are made up, in the size of "
            "MNIST's: speed does not depend on what is on them. Each point begins with a warm-up "
            "that does not count, and is measured for half a second; an epoch that takes longer "
            "is taken to go on as it began. Settings take turns. Lines go through the medians, "
            "bars from the least to the most. The peak is the fastest product of two square "
            "matrices on the same device, with the same threads and the same precision."
        )


def _samples(measurement: Measurement) -> str:
    plan = measurement.plan
    if measurement.done < plan.samples:
        return f"It ended after {measurement.done} of {plan.samples} samples."
    return f"Measured {plan.repeats} times." if plan.repeats > 1 else "Measured once."


def table(chosen: list[Measurement]) -> None:
    """The numbers of what the chart shows, if there are any."""
    alike = _alike(chosen)
    rows = [
        {
            TITLES[one.plan.varies].capitalize(): point.value,
            "Compared": _name(number, setting),
            "Seconds": point.median,
            "Least": min(point.seconds),
            "Most": max(point.seconds),
            "Pictures a second": round(point.throughput),
            "Of peak": point.share,
        }
        for number, one in alike.items()
        for place, setting in enumerate(one.plan.settings)
        for point in points(one, place)
    ]
    if not rows:
        return
    column = st.column_config.NumberColumn
    st.expander("Numbers").dataframe(
        pd.DataFrame(rows),
        key="devices.numbers",
        hide_index=True,
        height=HEIGHT,
        column_config={
            "Seconds": column(format="%.3g s", help="Of an epoch, the median"),
            "Least": column(format="%.3g s"),
            "Most": column(format="%.3g s"),
            "Pictures a second": column(format="localized"),
            "Of peak": column(format="percent"),
        },
        alt="What was measured",
    )


@reported
def _delete(chosen: list[Measurement]) -> None:
    for one in chosen:
        measurer().kept.delete(one.id)
    st.session_state[DELETED] = chosen
    st.session_state.pop(SHOWN, None)


@reported
def _undo() -> None:
    """Bring back what was deleted last."""
    back = st.session_state.pop(DELETED, [])  # none at a second click
    for one in back:
        measurer().kept.write(one)
    if back:
        st.session_state[SHOWN] = [one.id for one in back]


def undo() -> None:
    """Offer to bring back what was deleted."""
    if deleted := st.session_state.get(DELETED):
        note, back = st.columns([4, 1], vertical_alignment="center")
        note.info(f"{len(deleted)} measurement{'s' * (len(deleted) > 1)} deleted.")
        back.button("Undo", icon=":material/undo:", on_click=_undo, width="stretch")


def actions(chosen: list[Measurement]) -> None:
    """What can be done with what is looked at."""
    with st.container(horizontal=True, vertical_alignment="center"):
        download_button(
            "CSV",
            lambda: to_csv(chosen),
            "training-time.csv",
            "text/csv",
            help="Every sample in a line, with the machine and the settings.",
        )
        st.button(
            "Delete",
            key="devices.delete",
            icon=":material/delete:",
            on_click=_delete,
            args=(chosen,),
            help="Deletes what is ticked below.",
        )


def _ticked() -> None:
    rows = st.session_state[TABLE]["selection"]["rows"]
    order = st.session_state[ORDER]
    st.session_state[SHOWN] = [order[row] for row in rows if row < len(order)]


def kept(measurements: list[Measurement], chosen: list[Measurement]) -> None:
    """The list of all measurements, in which several can be ticked to be compared."""
    st.markdown("**Kept measurements**, to look at one or compare several that vary the same")
    ids = [one.id for one in measurements]
    rows = [ids.index(one.id) for one in chosen]
    st.session_state[ORDER] = ids
    st.session_state[TABLE] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.dataframe(
        pd.DataFrame(
            {
                "Measured": [datetime.fromtimestamp(one.created, UTC) for one in measurements],
                "Varies": [TITLES[one.plan.varies].capitalize() for one in measurements],
                "Machine": [one.machine.name for one in measurements],
                "Samples": [f"{one.done} of {one.plan.samples}" for one in measurements],
            }
        ),
        key=TABLE,
        on_select=_ticked,
        selection_mode="multi-row",
        hide_index=True,
        height=HEIGHT if len(measurements) > 6 else "auto",
        column_config={"Measured": st.column_config.DatetimeColumn(format="distance")},
        alt="Kept measurements",
    )
