"""Recordings of a real Moodle, said again to ours: other ids, the same hour, the same words."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.sandbox.making import AGS, HTTP, College, bearer

RECORDINGS = Path(__file__).resolve().parent.parent / "ledger" / "recordings"
ROOT = "http://127.0.0.1:8888"
HOUR = datetime(2026, 11, 22, 10, 44, 45, tzinfo=UTC)  # when most of it was recorded
# Whom the recorded user ids stand for in a world with five students more.
PEOPLE = {"5": "extra1", "6": "extra2", "7": "extra3", "8": "extra4", "9": "extra5", "3": "teacher"}
TYPED = {"Content-Type", "Accept"}


def recorded(name: str) -> dict[str, Any]:
    """Return one exchange."""
    found: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return found


@dataclass
class Replay:
    """One column of a Moodle of ours, in the place of a recorded column."""

    college: College
    column: str  # the recorded column's id
    item: str  # ours
    tokens: dict[str, str] = field(default_factory=dict)

    def person(self, recorded_id: str) -> dict[str, Any]:
        """Return who stands for a recorded user."""
        return self.college.person(PEOPLE[recorded_id])

    def by_hand(self, recorded_id: str, **given: Any) -> None:
        """Change a cell as the teacher did between two recordings."""
        self.college.control(f"scores/{self.item}", person=self.person(recorded_id)["id"], **given)

    def shown(self, recorded_id: str) -> dict[str, Any]:
        """Return what our gradebook has for that user."""
        cells = HTTP.get(f"{self.college.url}/sandbox/scores/{self.item}").json()
        return next(one for one in cells if one["sub"] == self.person(recorded_id)["sub"])

    def say(self, name: str) -> httpx.Response:
        """Send what was sent then."""
        asked = recorded(name)["request"]
        headers = {key: value for key, value in asked["headers"].items() if key in TYPED}
        body = json.dumps(asked["json"]) if "json" in asked else asked.get("body")
        return HTTP.request(
            asked["method"],
            self.ours(asked["url"].replace(ROOT, self.college.url)),
            headers={"Accept": "*/*", **headers, **bearer(self._token(name))},
            content=self.ours(body) if body else None,
        )

    def _token(self, name: str) -> str:
        scope = f"{AGS}lineitem" if name.endswith("scope") else ""
        if name.endswith(("bad_token", "no_token")):
            return "deadbeef" if name.endswith("bad_token") else ""
        if scope not in self.tokens:
            told = self.college.service_token(*filter(None, [scope])).json()
            self.tokens[scope] = told["access_token"]
        return self.tokens[scope]

    def ours(self, text: str) -> str:
        """Put our ids where the recorded ones stand."""
        tool = self.college.course["services"]["lineitems"].rpartition("=")[2]
        text = re.sub(r"type_id=1\b", f"type_id={tool}", text)
        text = re.sub(r"(services\.php|found for )/6/", rf"\1/{self.college.course['id']}/", text)
        text = re.sub(rf"(lineitems/|item ){self.column}\b", rf"\g<1>{self.item}", text)
        return re.sub(
            r'("userId": "|user |user_id=)(\d)\b',
            lambda found: found[1] + self.person(found[2])["sub"],
            text,
        )

    def expected(self, name: str) -> tuple[int, str, Any]:
        """Return what Moodle said then, with our ids."""
        said = recorded(name)["response"]
        body = said["body"]
        told = body if isinstance(body, str) else json.loads(self.ours(json.dumps(body)))
        address = self.college.url
        return said["status"], self.ours(said["reason"]), _moved(told, address)


def _moved(told: Any, address: str) -> Any:
    """Say the recorded addresses as ours."""
    return json.loads(json.dumps(told).replace(ROOT, address))


def heard(answer: httpx.Response) -> tuple[int, str, Any]:
    """Return an answer in the form of `Replay.expected`."""
    json_ = "json" in answer.headers["Content-Type"] and answer.content
    return answer.status_code, answer.reason_phrase, answer.json() if json_ else answer.text
