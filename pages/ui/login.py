"""Login, where .streamlit/secrets.toml names a provider of identities; else nothing of it shows."""

import html
from collections.abc import Mapping
from typing import Any

import streamlit as st

from mnist_core.runs.users import Person, person, role_at
from pages.ui.words import literal


def needed() -> bool:
    """Whether visitors must log in here."""
    return "is_logged_in" in st.user


def identify(claims: Mapping[str, Any]) -> Person | None:
    """Who the claims of an identity token are about; None for who has no role here.

    Streamlit has checked the token's signature, audience and times. An address counts once the
    provider has verified it: anybody can write one down.
    """
    verified = claims.get("email_verified") is True
    role = role_at(str(claims.get("email", "")) if verified else "")
    return role and person(str(claims["iss"]), str(claims["sub"]), role)


def logged_in() -> Person | None:
    """Who this session is; None without a login."""
    return identify(st.user) if needed() and st.user.is_logged_in else None


def gate() -> None:
    """Show nothing of a page to who must log in first, or has no role here."""
    if not needed():
        return
    if not st.user.is_logged_in:
        st.info("Log in to look at what is trained here, and to train.", icon=":material/lock:")
        st.button("Log in", type="primary", icon=":material/login:", on_click=st.login)
        st.stop()
    called = str(st.user.get("email") or st.user.get("name") or "You")
    if logged_in() is None:
        st.error(f"{literal(called)} may not look here. Whoever runs this server says who may.")
    with st.container(
        key="who", horizontal=True, horizontal_alignment="right", vertical_alignment="center"
    ):
        st.html(f"<small>{html.escape(called)}</small>", width="content")
        st.button("Log out", type="tertiary", on_click=st.logout)
    if logged_in() is None:
        st.stop()
