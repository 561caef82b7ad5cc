"""Whose a run is, and who may change it: each browser is a user, or who has logged in.

A browser keeps a secret of its own. What is stored and compared is its hash, so nobody who sees
what the store holds can pass for somebody else. With a login, it is the hash of who somebody is at
the provider, who also has a role.
"""

import hashlib
import json
import re
import secrets
from typing import Literal

from mnist_core.errors import NotYoursError
from mnist_core.settings import Settings

Role = Literal["look", "train", "administer"]  # each may what those before it may

SERVER = ""  # whoever runs the server: the command line, and the person on its own machine
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """A browser's secret: 256 random bits."""
    return secrets.token_urlsafe(32)


def is_secret(text: str) -> bool:
    """Whether a text has the form of a secret."""
    return _SECRET.fullmatch(text) is not None


def user_of(secret: str) -> str:
    """The user who has this secret, as records name them: 32 characters of its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


class Person(str):
    """A user who has logged in; ``role`` says what they may do."""

    role: Role

    def __new__(cls, user: str, role: Role) -> "Person":
        person = super().__new__(cls, user)
        person.role = role
        return person

    def __reduce__(self) -> tuple[type["Person"], tuple[str, Role]]:
        return Person, (str(self), self.role)


def person(issuer: str, subject: str, role: Role) -> Person:
    """Who is known as ``subject`` to the provider of identities called ``issuer``."""
    said = json.dumps([issuer, subject])  # one text for each pair
    return Person(user_of(said), role)


def role_of(by: str) -> Role:
    """What a user may do: without a login all may train, and whoever runs the server may all."""
    if isinstance(by, Person):
        return by.role
    return "administer" if by == SERVER else "train"


def role_at(address: str) -> Role | None:
    """The role of whose e-mail address is this, empty if it is not known; None of nobody's.

    ``Settings`` names who has which.
    """
    settings, address = Settings(), address.casefold()
    # Of an address that is not known: none, not the empty text that a list without names holds.
    names = {address, f"@{address.rpartition('@')[2]}"} if address else set()

    def listed(people: str) -> bool:
        return not names.isdisjoint(one.strip() for one in people.casefold().split(","))

    if listed(settings.may_administer):
        return "administer"
    if listed(settings.may_train):
        return "train"
    if settings.may_look and not listed(settings.may_look):
        return None
    return "look" if settings.may_train else "train"


def may_change(by: str, user: str) -> bool:
    """Whether ``by`` may change what belongs to ``user``; who administers may all."""
    role = role_of(by)
    return role == "administer" or (role == "train" and by == user)


def check_may_train(by: str) -> None:
    """Refuse to begin anything for who may only look. Raises NotYoursError."""
    if role_of(by) == "look":
        raise NotYoursError(
            "You may look here, not train: whoever runs this server says who may do what."
        )


def check_may_change(by: str, user: str, what: str) -> None:
    """Refuse to have ``what`` of one user changed by another.

    Raises:
        NotYoursError: ``by`` is neither that user nor one who administers.
    """
    if not may_change(by, user):
        raise NotYoursError(
            f"{what} is not yours, so you cannot change it. You can look at it and take over its "
            "settings."
        )
