"""Downloads of runs and networks, and the way back in."""

import re
from pathlib import Path

import streamlit as st

from mnist_core.errors import MnistLabError
from mnist_core.runs.records import Run
from mnist_core.runs.table import to_csv, to_json
from pages.ui.download import download_button
from pages.ui.fragments import fragment
from pages.ui.state import backend, in_background, predictor, select_runs
from pages.ui.user import user
from pages.ui.words import literal

MOST_MEGABYTES = 400  # of a network's file, as of one that this page gives
POLL = 0.5  # seconds between two looks at an import
IMPORTING = "runs.importing"  # session key: a file's name, and its run when it will be there
IMPORT = "runs.import"  # key of the file chooser


def tables(chosen: list[Run]) -> None:
    """The selected runs as CSV and JSON."""
    store = backend().store

    def as_json() -> str:
        return to_json(chosen, [store.history(run.id) for run in chosen])

    download_button(
        "CSV",
        lambda: to_csv(chosen),
        "runs.csv",
        "text/csv",
        help="Settings and results, one line a run.",
    )
    download_button(
        "JSON",
        as_json,
        "runs.json",
        "application/json",
        help="Everything about these runs, every epoch included.",
    )


def network(run: Run, rows: list[dict[str, float]]) -> None:
    """The network itself, and programs that train it again; each is made when it is asked for."""
    from mnist_core.data.probe import probe_pictures
    from mnist_core.exchange.export import (
        to_notebook,
        to_onnx,
        to_safetensors,
        to_script,
        why_no_script,
    )

    name = re.sub(r"\W+", "-", run.name).strip("-") or "network"
    trained = predictor(run.id, run.checkpoint).network
    files = {
        "Weights": (
            lambda: to_safetensors(trained, run.config),
            f"{name}.safetensors",
            "The weights with their settings as safetensors. This page takes them in again.",
        ),
        "ONNX": (
            lambda: to_onnx(
                trained, probe_pictures(run.config.dataset, run.data.get("source", ""))
            ),
            f"{name}.onnx",
            "For other frameworks and devices. It is first compared with the network itself.",
        ),
        "Script": (
            lambda: to_script(run, rows),
            f"{name}.py",
            "A Python program that trains this network again with PyTorch alone.",
        ),
        "Notebook": (
            lambda: to_notebook(run, rows),
            f"{name}.ipynb",
            "The same program as a Jupyter notebook.",
        ),
    }
    if reason := why_no_script(run, rows):
        del files["Script"], files["Notebook"]
    st.caption("Take it away")
    with st.container(horizontal=True):
        for label, (make, file, words) in files.items():
            download_button(label, make, file, help=words)
    if reason:
        st.caption(f"No script and no notebook: {literal(reason)}")


def _take_in() -> None:
    """Begin to import a file; its network is measured, which may take long, so beside the page."""
    file, opened = st.session_state[IMPORT], backend()
    if file is None:
        return
    data, name, by = file.getvalue(), Path(file.name).stem, user()

    def work() -> str:
        from mnist_core.exchange.importing import import_network

        return import_network(opened.library, data, name, by=by)

    st.session_state[IMPORTING] = (file.name, in_background(work, "import"))


def show_imported() -> None:
    """Select the run that a file has become, or say why it has not."""
    name, imported = st.session_state.get(IMPORTING, ("", None))
    if imported is None or not imported.done():
        return
    del st.session_state[IMPORTING]
    try:
        select_runs([imported.result()])
        backend().look_again()
    except MnistLabError as error:
        st.error(literal(f"{name}: {error}"), icon=":material/error:")


def importer() -> None:
    """A network from a file becomes a run."""
    importing = IMPORTING in st.session_state
    with st.expander("Import a network", expanded=importing):
        st.file_uploader(
            "Weights as a safetensors file, or as torch.save writes a state dict",
            type=["safetensors", "pth", "pt"],
            max_upload_size=MOST_MEGABYTES,
            key=IMPORT,
            on_change=_take_in,
            disabled=importing,
            help="Files that Weights writes come with their settings. Of others the shapes say "
            "which layers there are; ReLU is assumed between them. Nothing in a file is executed.",
        )
        if importing:
            fragment(_measuring, POLL)()


def _measuring() -> None:
    name, imported = st.session_state[IMPORTING]
    if imported.done():
        st.rerun()
    st.info(f"Measuring how well {literal(name)} reads …", icon=":material/hourglass_top:")
