"""MNIST Lab's entry point: the list of pages. ``streamlit run app.py`` opens it."""

import streamlit as st

st.navigation(
    [
        st.Page("pages/train.py", title="Train", icon=":material/model_training:", default=True),
        st.Page("pages/draw.py", title="Draw", icon=":material/draw:"),
    ],
    position="top",
).run()
