"""The diagnosis of a run, and buttons that fill the Train form with what to try."""

import streamlit as st

from mnist_core.errors import DataError, MnistLabError
from mnist_core.insight.diagnosis import Finding, dead_finding, dead_units, diagnose
from mnist_core.runs.records import Run
from pages.ui.forms import clone
from pages.ui.state import predictor


@st.cache_data(max_entries=100, show_spinner=False)
def _dead(run_id: str, checkpoint: str, dataset: str, source: str) -> list[tuple[int, int]]:
    from mnist_core.data.probe import probe_pictures

    network = predictor(run_id, checkpoint).network
    return dead_units(network, probe_pictures(dataset, source))


def _silent(run: Run) -> Finding | None:
    if not run.ready or run.config.activation != "relu" or not run.config.hidden_sizes:
        return None
    try:
        source = run.data.get("source", "")
        return dead_finding(run.config, _dead(run.id, run.checkpoint, run.config.dataset, source))
    except DataError:
        return None  # the pictures are on another machine: nothing can be counted here


def show(run: Run, rows: list[dict[str, float]], here: bool) -> None:
    """What stands out in a run that has ended. ``here``: this is the Train page."""
    if not run.result:
        return
    findings = diagnose(run, rows)
    try:
        silent = _silent(run)
    except MnistLabError:  # its network cannot be read, which is said where its mistakes would be
        silent = None
    if silent is not None:
        findings.append(silent)
    if not findings:
        st.caption("Diagnosis: nothing stands out in this run's numbers.")
    for finding in findings:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f":orange[●] **{finding.text}** {finding.advice}")
            if (
                st.button(
                    "Fill the form with it" if here else "Try it",
                    key=f"try-{finding.kind}-{run.id}",
                    icon=":material/edit:",
                    on_click=clone,
                    args=(run.name, finding.suggestion, run.config),
                    help="Fills the Train form with this run's settings and this change.",
                )
                and not here
            ):
                st.switch_page("pages/train.py")
