"""Teach: make an assignment for a class, see it as pupils do, and how far the class is."""

import streamlit as st

from pages.ui.frame import page
from pages.ui.teach import compose, table

page("Teach", "Give a class one link: a text, a goal, and only the settings that matter today.")

compose.open_link()
with st.container(key="teach"):
    writing, seeing = st.columns([2, 3])
with writing, st.container(key="card-form", border=True):
    assignment = compose.form()
with seeing:
    if assignment is not None:
        compose.preview(assignment)
    else:
        st.info(
            "Give it a title, and say what to do. What your pupils will see appears here.",
            icon=":material/arrow_back:",
        )
    made = compose.made()
    if made is not None:
        compose.links(made)
        table.show(made)
