"""MNIST Lab's entry point: the list of pages. ``streamlit run app.py`` opens it."""

import streamlit as st

from pages.ui.races import mend
from pages.ui.state import backend
from pages.ui.turns import turns

mend()
backend()  # the trainer starts while the page loads what it draws with
# No icons: as a page's favicon, Streamlit would have each fetched from a server on the internet.
page = st.navigation(
    [
        st.Page("pages/train.py", title="Train", default=True),
        st.Page("pages/data.py", title="Data"),
        st.Page("pages/sweep.py", title="Sweep"),
        st.Page("pages/draw.py", title="Draw"),
        st.Page("pages/inside.py", title="Inside"),
        st.Page("pages/runs.py", title="Runs"),
        st.Page("pages/devices.py", title="Devices"),
        st.Page("pages/learn.py", title="Learn"),
        st.Page("pages/teach.py", title="Teach"),
        # For whoever runs the app; the Train page's list of workers leads there.
        st.Page("pages/status.py", title="Status", visibility="hidden"),
    ],
    position="top",
)
with turns.turn():
    page.run()
