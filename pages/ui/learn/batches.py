"""A chapter."""

import streamlit as st


def show() -> None:
    st.subheader("To be written")
