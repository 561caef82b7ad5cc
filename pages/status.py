"""Status: what whoever runs the app looks at. Those who come over the network see nothing of it."""

import streamlit as st

from mnist_core.errors import MnistLabError
from mnist_core.jobs.logs import FILE, last_problems
from mnist_core.jobs.status import Disk, disk, memory, versions
from mnist_core.runs.records import Run
from mnist_core.runs.users import role_of
from mnist_core.settings import Settings, place
from pages.ui.fragments import fragment
from pages.ui.frame import page
from pages.ui.state import backend, once_open
from pages.ui.user import user
from pages.ui.visitors import at_the_machine
from pages.ui.words import literal

POLL = 5.0  # seconds between two looks
AGE = 60.0  # seconds between two looks at every file of the home folder
PROBLEMS = 20  # that are shown

page("Status", "For whoever runs this app: what it does, what it takes, and what went wrong.")


@st.cache_data(ttl=AGE, show_spinner=False)
def on_disk() -> Disk:
    return disk()


def size(bytes_: float) -> str:
    return f"{bytes_ / 1e9:,.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:,.1f} MB"


def numbers() -> None:
    """The queue, memory and disk in a row."""
    taken = memory()
    places = st.columns(4)
    try:
        active = backend().watch.active() if backend().ready else []
    except MnistLabError as error:
        st.error(literal(str(error)))
        active = []
    training = sum(run.state == "running" for run in active)
    places[0].metric("Training", training, border=True)
    places[1].metric("Waiting", len(active) - training, border=True)
    places[2].metric(
        "Memory of the app",
        size(taken.page + taken.workers),
        help=f"The page's process {size(taken.page)}, its workers {size(taken.workers)}. "
        f"{size(taken.available)} are left on this machine.",
        border=True,
    )
    try:
        left = on_disk().free
    except OSError as error:
        st.error(f"The home folder cannot be read: {literal(str(error))}")
    else:
        places[3].metric("Left on the disk", size(left), border=True)
    workers(active)


def workers(active: list[Run]) -> None:
    """Who does the work."""
    st.markdown("#### Workers")
    found = once_open(lambda: backend().watch.workers(), st.error)
    if found is None:
        return
    names = {run.id: run.name for run in active if run.state == "running"}
    rows = [
        {
            "Machine": worker.host,
            "Address": worker.address,
            "Cores": worker.cores or None,
            "GPUs": ", ".join(worker.gpus),
            "Trains": ", ".join(names[run] for run in worker.runs if run in names),
        }
        for worker in found
    ]
    st.dataframe(rows, hide_index=True, key="status.workers")


def kept() -> None:
    """Where runs and studies are, and what the home folder takes."""
    settings = Settings()
    st.markdown("#### Kept")
    st.markdown(
        f"- Home folder: {literal(str(settings.home))}\n"
        f"- Runs: {literal(place(settings.store_uri))}\n"
        f"- Studies: {literal(place(settings.studies_uri))}"
    )
    try:
        parts = on_disk().parts
    except OSError:
        return  # the row above says so
    st.dataframe(
        {"In the home folder": list(parts), "Takes": [size(part) for part in parts.values()]},
        hide_index=True,
        key="status.parts",
    )


def problems() -> None:
    """The last warnings and errors, and where the rest is."""
    st.markdown("#### What went wrong last")
    try:
        found = last_problems(PROBLEMS)
    except OSError as error:
        st.error(f"The log cannot be read: {literal(str(error))}")
        return
    if not found:
        st.caption("Nothing. Warnings and errors of the app and its workers appear here.")
    else:
        columns = {"When (UTC)": "time", "What": "message", "Run": "run", "Where": "logger"}
        st.dataframe(
            {title: [str(line.get(name, "")) for line in found] for title, name in columns.items()},
            hide_index=True,
            key="status.problems",
        )
    st.caption(f"All of it, with tracebacks, is in {literal(FILE)} in the home folder.")


def draw() -> None:
    numbers()
    what, which = st.columns([3, 2], gap="large")
    with what:
        problems()
    with which:
        kept()
        st.markdown("#### Versions")
        found = versions()
        st.dataframe(
            {"Package": list(found), "Version": list(found.values())},
            hide_index=True,
            key="status.versions",
        )
        st.caption("`/_stcore/health` answers ok while the server lives.")


if at_the_machine() or role_of(user()) == "administer":
    fragment(draw, POLL)()
else:
    st.info(
        "This page is shown on the machine that runs the app, to whoever opens it there under "
        "localhost. From elsewhere: `ssh -L 8501:localhost:8501` to that machine.",
        icon=":material/lock:",
    )
