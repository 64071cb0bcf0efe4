"""The platform's side of a launch, cheap enough not to be what is measured.

It signs in the load generator itself; over HTTP it serves nothing but its keys. The claims are
Canvas's, as the sandbox LMS sends them.
"""

import base64
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, DEPLOYMENT, KID = "10000000000042", "42:bench", "bench-1"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
PEOPLE, COURSES, EACH = 500, 20, 2  # a person attends two courses
ROLES = {
    "student": [f"{LIS}institution/person#Student", f"{LIS}membership#Learner"],
    "teacher": [f"{LIS}institution/person#Instructor", f"{LIS}membership#Instructor"],
}


@dataclass(frozen=True)
class Visit:
    """A person about to launch from a course."""

    person: int
    course: int

    @property
    def name(self) -> str:
        return f"Person {self.person:04} Bench"

    @property
    def role(self) -> str:
        return "teacher" if self.person % 20 == 0 else "student"

    @property
    def title(self) -> str:
        return f"Course {self.course:02}"


def visits(count: int) -> list[Visit]:
    """Return who launches from where, one behind the other; always the same."""
    chance = random.Random(0)
    made = []
    for _ in range(count):
        person = chance.randrange(PEOPLE)
        made.append(Visit(person, (person + 7 * chance.randrange(EACH)) % COURSES))
    return made


class Platform:
    """An LMS with a key of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._head = _encoded({"alg": "RS256", "kid": KID, "typ": "JWT"})

    def jwks(self) -> bytes:
        """The public half."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KID}
        key |= {"n": _number(numbers.n), "e": _number(numbers.e)}
        return json.dumps({"keys": [key]}).encode()

    def login(self, visit: Visit, launch_url: str) -> dict[str, str]:
        """What the platform sends the browser to the tool with."""
        return {
            "iss": self.url,
            "login_hint": f"hint-{visit.person}",
            "client_id": CLIENT,
            "lti_deployment_id": DEPLOYMENT,
            "target_link_uri": launch_url,
            "lti_message_hint": f"{visit.course}:{visit.person}",
            "lti_storage_target": "_parent",
        }

    def id_token(self, visit: Visit, nonce: str, launch_url: str) -> bytes:
        """Sign a launch of this visit, now."""
        signed = self._head + b"." + _encoded(self._claims(visit, nonce, launch_url))
        signature = self._key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return signed + b"." + _base64(signature)

    def _claims(self, visit: Visit, nonce: str, launch_url: str) -> dict[str, Any]:
        now, course = int(time.time()), f"{self.url}/api/lti/courses/{visit.course}"
        return {
            "iss": self.url,
            "aud": CLIENT,
            "azp": CLIENT,
            "sub": f"5f0b7c9e-0000-4000-8000-{visit.person:012}",
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce,
            "locale": "en",
            "errors": {"errors": {}},
            "name": visit.name,
            "given_name": f"Person {visit.person:04}",
            "family_name": "Bench",
            "email": f"person{visit.person}@example.edu",
            "picture": f"{self.url}/avatars/{visit.person}.svg",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "version": "1.3.0",
            LTI + "deployment_id": DEPLOYMENT,
            LTI + "target_link_uri": launch_url,
            LTI + "roles": [*ROLES[visit.role], f"{LIS}system/person#User"],
            LTI + "tool_platform": {
                "guid": "bench.tutor-ai.example:canvas-lms",
                "name": "Bench College",
                "version": "cloud",
                "product_family_code": "canvas",
            },
            LTI + "launch_presentation": {
                "document_target": "iframe",
                "locale": "en",
                "return_url": f"{self.url}/courses/{visit.course}/external_content/success",
                "height": 800,
                "width": 800,
            },
            LTI + "custom": {
                "canvas_user_id": str(visit.person),
                "canvas_course_id": str(visit.course),
                "canvas_api_domain": self.url.partition("://")[2],
                "canvas_api_base_url": self.url,
                "canvas_course_workflow_state": "available",
                "canvas_course_section_ids": str(100 + visit.course),
                "canvas_assignment_id": "$Canvas.assignment.id",
                "person_timezone": "Europe/Madrid",
            },
            LTI + "resource_link": {"id": f"link-{visit.course}", "title": "Tutor.AI"},
            LTI + "lti1p1": {"user_id": f"{visit.person:032}"},
            LTI + "context": {
                "id": f"context-{visit.course}",
                "label": f"C{visit.course:02}",
                "title": visit.title,
                "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
            },
            NRPS + "claim/namesroleservice": {
                "context_memberships_url": f"{course}/names_and_roles",
                "service_versions": ["2.0"],
            },
            AGS + "claim/endpoint": {
                "scope": [
                    f"{AGS}scope/{name}" for name in ("lineitem", "result.readonly", "score")
                ],
                "lineitems": f"{course}/line_items",
            },
        }


@contextmanager
def served() -> Iterator[Platform]:
    """A platform whose keys can be fetched."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    platform = Platform(f"http://127.0.0.1:{server.server_port}")
    answer = platform.jwks()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server.RequestHandlerClass = Handler
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _encoded(told: dict[str, Any]) -> bytes:
    return _base64(json.dumps(told, separators=(",", ":")).encode())


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()
