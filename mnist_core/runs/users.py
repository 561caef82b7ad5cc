"""Whose a run is, and who may change it: each browser is a user, without any login.

A browser keeps a secret of its own. What is stored and compared is its hash, so nobody who sees
what the store holds can pass for somebody else.
"""

import hashlib
import re
import secrets

from mnist_core.errors import NotYoursError

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


def may_change(by: str, user: str) -> bool:
    """Whether ``by`` may change what belongs to ``user``; whoever runs the server may all."""
    return by in (SERVER, user)


def check_may_change(by: str, user: str, what: str) -> None:
    """Refuse to have ``what`` of one user changed by another.

    Raises:
        NotYoursError: ``by`` is neither that user nor whoever runs the server.
    """
    if not may_change(by, user):
        raise NotYoursError(
            f"{what} is not yours, so you cannot change it. You can look at it and take over its "
            "settings."
        )
