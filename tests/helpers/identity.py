"""A provider of identities (OpenID Connect) on this machine, with real keys and signed tokens."""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT, SECRET = "mnist-lab", secrets.token_hex()
Forged = Literal["", "key", "audience", "issuer", "expired", "nonce", "none"]


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Asked:
    """Somebody who was sent back with a code, and what the app said before."""

    who: str
    nonce: str
    challenge: str
    back: str


class Provider:
    """Its page asks who somebody is, among ``people``, without a password.

    ``forged`` says what is wrong with the tokens that it gives.
    """

    def __init__(self, people: list[str]) -> None:
        self.people, self.verified = people, True
        self.forged: Forged = ""
        self._key = rsa.generate_private_key(65537, 2048)
        self._other = rsa.generate_private_key(65537, 2048)
        self._asked: dict[str, Asked] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def secrets_toml(self) -> str:
        """What the app's secrets.toml says of it; the port is the app's own."""
        return (
            "[auth]\n"
            'redirect_uri = "http://localhost:{port}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_hex()}"\n'
            f'client_id = "{CLIENT}"\n'
            f'client_secret = "{SECRET}"\n'
            f'server_metadata_url = "{self.url}/.well-known/openid-configuration"\n'
        )

    def get(self, request: BaseHTTPRequestHandler) -> None:
        path, query = urlsplit(request.path).path, parse_qs(urlsplit(request.path).query)
        if path == "/.well-known/openid-configuration":
            answer(request, json.dumps(self._about()))
        elif path == "/keys":
            numbers = self._key.public_key().public_numbers()
            key = {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256"}
            key |= {"n": number(numbers.n), "e": number(numbers.e)}
            answer(request, json.dumps({"keys": [key]}))
        elif path == "/authorize":
            links = "".join(self._link(who, query) for who in self.people)
            answer(request, f"<h1>Who are you?</h1>{links}", "text/html")
        else:
            request.send_error(404)

    def _about(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _link(self, who: str, query: dict[str, list[str]]) -> str:
        code = secrets.token_urlsafe()
        back = query["redirect_uri"][0]
        self._asked[code] = Asked(who, query["nonce"][0], query["code_challenge"][0], back)
        address = f"{back}?{urlencode({'code': code, 'state': query['state'][0]})}"
        return f"<p><a href='{html.escape(address)}'>{html.escape(who)}</a></p>"

    def post(self, request: BaseHTTPRequestHandler) -> None:
        """A code becomes a token, once, and for who began with the same challenge."""
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        said = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self._asked.pop(said["code"], None)
        challenge = encoded(hashlib.sha256(said["code_verifier"].encode()).digest())
        secret = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        if secret != f"{CLIENT}:{SECRET}" or asked is None:
            request.send_error(401)
            return
        if asked.challenge != challenge or asked.back != said["redirect_uri"]:
            request.send_error(400)
            return
        token = {
            "access_token": secrets.token_urlsafe(),
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.token(asked),
        }
        answer(request, json.dumps(token))

    def token(self, asked: Asked) -> str:
        """An identity token, signed with RS256 (RFC 7515, 7518)."""
        now, forged = int(time.time()), self.forged
        claims = {
            "iss": f"{self.url}/other" if forged == "issuer" else self.url,
            "aud": "another app" if forged == "audience" else CLIENT,
            "sub": hashlib.sha256(asked.who.encode()).hexdigest(),
            "nonce": "another" if forged == "nonce" else asked.nonce,
            "iat": now - 7200 if forged == "expired" else now,
            "exp": now - 3600 if forged == "expired" else now + 300,
            "email": asked.who,
            "email_verified": self.verified,
        }
        header = {"alg": "none" if forged == "none" else "RS256", "kid": "1"}
        body = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        key = self._other if forged == "key" else self._key
        signature = key.sign(body.encode(), padding.PKCS1v15(), SHA256())
        return f"{body}.{'' if forged == 'none' else encoded(signature)}"


def answer(request: BaseHTTPRequestHandler, text: str, kind: str = "application/json") -> None:
    data = text.encode()
    request.send_response(200)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)
