"""A small OpenID provider over real HTTP, which the tests play a school's sign-in with.

It keeps to what these ask of it: OpenID Connect Discovery 1.0 §4, OpenID Connect Core 1.0 §3.1
(authorization code), RFC 6749 §4.1.3 and §5.1 (token request and answer), RFC 7636 §4.6 (PKCE).
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(ThreadingHTTPServer):
    """One provider; `sub` is who sits at its sign-in, `spoil` changes what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.client_id, self.client_secret = "tutor", "a secret of the school"
        self.sub = secrets.token_hex(8)
        self.codes: dict[str, dict[str, str]] = {}
        self.spoil: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def sign_in(self, address: str) -> str:
        """Do as the provider's own pages would: return where the browser is sent back."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(16)
        self.codes[code] = given
        back = urlencode({"code": code, "state": given["state"]})
        return f"{given['redirect_uri']}?{back}"

    def configuration(self) -> dict[str, Any]:
        """The discovery document (Discovery §3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.spoil.get("configuration", {}),
        }

    def token(self, form: dict[str, str], credentials: str) -> tuple[int, dict[str, Any]]:
        """Redeem a code (RFC 6749 §4.1.3): once, for the client it was given to, with its proof."""
        asked = self.codes.pop(form.get("code", ""), None)
        wanted = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if credentials != f"Basic {wanted}":
            return 401, {"error": "invalid_client"}
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(proof).decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": self.sub, "aud": self.client_id, "iat": now}
        claims |= {"exp": now + 300, **self.claims}
        told = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode(told, KEY, algorithm="RS256", headers={"kid": "1"})
        answer = {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": token}
        return 200, {**answer, **self.spoil.get("token", {})}


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/.well-known/openid-configuration":
            self._answer(self.server.spoil.get("status", 200), self.server.configuration())
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(text).items()}
        status, body = self.server.token(form, self.headers.get("Authorization", ""))
        self._answer(307 if "location" in self.server.spoil else status, body)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = self.server.spoil.get("raw") or json.dumps(body).encode()
        self.send_response(status)
        if where := self.server.spoil.get("location"):
            self.send_header("Location", where)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
