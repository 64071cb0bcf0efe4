"""What a dialect says of itself to the contract: how its world is made, and what its LMS tells.

The contract itself is `test_contract.py`; one adapter a dialect stands beside it, named like the
dialect. The world is the sandbox's course `chemistry`, played by that LMS.
"""

from abc import ABC
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from typing import Any, ClassVar, Self

import httpx

from connectors import lua, outline, registry
from connectors.base import Bearer, Connector, Publisher, Tokens
from connectors.tokens import Given
from tests.conftest import Running
from tutorai.errors import LMSUnauthorised
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.schema import ContentItem, Member, Window

HTTP = httpx.Client(timeout=60)  # for the sandbox's own controls
Told = dict[str, Any]


@dataclass
class Asked:
    """Tokens that write down which were refused; `then` follows the first."""

    first: str
    then: str = ""
    refused: list[Bearer] = field(default_factory=list)
    ended: list[Bearer] = field(default_factory=list)

    def current(self) -> Bearer:
        return Bearer(self.first, 1)

    def instead_of(self, failed: Bearer) -> Bearer:
        self.refused.append(failed)
        if not self.then:
            raise LMSUnauthorised()
        return Bearer(self.then, 2)

    def over(self, failed: Bearer) -> None:
        self.ended.append(failed)


class Adapter(ABC):
    """One world of the pretend LMS, as a client of one dialect meets it."""

    lms: ClassVar[str]
    # What this LMS's API tells at all, of: sections, groups, overrides, rubrics, attempts (each
    # one, not only the last), late (not by its date alone), excused, quizzes, people (a
    # restriction to named people), uuids.
    tells: ClassVar[frozenset[str]]
    # A part of the path of the call behind each of: course, toc, pages, people, assignments,
    # submissions. Where one path serves all, override `spoil`.
    paths: ClassVar[Mapping[str, str]]
    throttled: ClassVar[Told] = {"kind": "throttle"}  # the fault that means "later"

    def __init__(self, url: str, told: Told) -> None:
        self.url, self.told = url, told

    @classmethod
    def open(cls, sandbox: Running, *courses: str, **world: Any) -> Self:
        """Make a world of this LMS."""
        given = {"dialect": cls.lms, "courses": courses or ["chemistry"], **world}
        answer = HTTP.post(f"{sandbox.url}/sandbox/worlds", json=given)
        assert answer.status_code == 200, answer.text
        return cls(sandbox.url, answer.json())

    # --- the connection -----------------------------------------------------------------

    @property
    def token(self) -> str:
        """The secret of a connection that may read everything."""
        return str(self.told["people"]["teacher"]["token"])

    @property
    def poor(self) -> str:
        """The secret of one that may read the course, and nobody's submissions."""
        return str(self.told["people"]["student"]["token"])

    def client(self, tokens: Tokens | None = None, patience: float = 20) -> Connector:
        """Return a new client; with tokens of your own, or the ones that may read everything.

        `patience`, in seconds, is that of its wire.
        """
        made: Callable[..., Connector] = registry.dialect(self.lms).client
        return made(self.url, tokens or Given(self.token), patience=patience)

    def publisher(self) -> Publisher:
        """Return what writes into the course."""
        made = registry.dialect(self.lms).publisher
        assert made is not None
        return made(self.url, Given(self.token))

    @property
    def key(self) -> str:
        """The course's name in the world's files."""
        return str(next(iter(self.told["courses"])))

    @property
    def course_id(self) -> str:
        """The course's id, as the REST API writes it."""
        return self.number(self.told["courses"][self.key]["id"])

    def number(self, row: str) -> str:
        """Return an id of the sandbox's as the REST API writes it (Blackboard: _7_1)."""
        return row

    def person(self, key: str) -> str:
        """Return somebody's user id, as the REST API writes it."""
        return self.number(self.told["people"][key]["id"])

    # --- the sandbox's controls ----------------------------------------------------------

    @property
    def name(self) -> str:
        """The world's name, which faults and options belong to."""
        return str(self.told["world"])

    def control(self, route: str, /, **body: Any) -> Any:
        """Use one of the sandbox's control routes."""
        answer = HTTP.post(f"{self.url}/sandbox/{route}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def option(self, **options: Any) -> None:
        """Set how this world's LMS behaves."""
        self.control("options", world=self.name, **options)

    def spoil(self, where: str, **fault: Any) -> None:
        """Spoil the next requests behind one of `paths`: {"kind": "status", "status": 503} …"""
        self.control("faults", world=self.name, path=self.paths[where], **fault)

    def mend(self) -> None:
        """Take back every fault and option that was ordered, and the pauses that it asked for."""
        HTTP.delete(f"{self.url}/sandbox/faults", params={"world": self.name})
        told = HTTP.get(f"{self.url}/sandbox/options", params={"world": self.name}).json()
        self.option(**dict.fromkeys(told))
        # A Moodle's and a Blackboard's pace is their site's: all of the sandbox's worlds have one.
        for key in lua.redis().scan_iter(lua.key(self.lms, "*")):
            lua.redis().delete(key)

    def revoke(self) -> None:
        """End the connection's token at the LMS."""
        self.control("tokens", value=self.token, revoked=True)

    def log(self, path: str = "") -> list[Told]:
        """Return the requests this world saw."""
        lines = HTTP.get(f"{self.url}/sandbox/log", params={"world": self.name}).json()
        return [line for line in lines if path in line["path"]]

    # --- what everybody sees --------------------------------------------------------------

    @cached_property
    def members(self) -> dict[str, Member]:
        """The people by their keys in the world's files."""
        keys = {self.person(key): key for key in self.told["people"]}
        listed = self.client().people(self.course_id)
        return {keys[one.user.user_id]: one for one in listed if one.user.user_id in keys}

    @cached_property
    def items(self) -> list[ContentItem]:
        """Everything the course has to read, as it stands in its modules."""
        lms = self.client()
        found = [item for answer in lms.listing(self.course_id) for item in answer()]
        nodes = lms.toc(self.course_id)
        found += outline.bare(nodes, {item.item_id: item for item in found})
        return outline.placed(found, nodes, lms.unlisted(self.course_id))

    def sees(self, key: str, title: str, *done: str) -> bool | None:
        """Whether somebody sees the item of that title now; None where nobody can tell."""
        [window] = {item.window for item in self.items if item.title == title}
        return seen(window, facts(self.members[key], done=done or None))


def facts(member: Member, *, done: tuple[str, ...] | None = None) -> Facts:
    """Return what a roster tells of somebody."""
    place = member.enrolment
    return Facts(
        now=datetime.now(UTC),
        sections=None if place.sections is None else frozenset(place.sections),
        groups=None if place.groups is None else frozenset(place.groups),
        people=frozenset({member.user.user_id}),
        done=None if done is None else frozenset(done),
    )


def seen(window: Window, known: Facts) -> bool | None:
    """Whether somebody sees through a window."""
    if not window.published:
        return False
    return holds(outline.as_condition(window), known)


def adapters() -> dict[str, type[Adapter]]:
    """Return the adapter of every dialect we speak."""
    return {lms: import_module(f"tests.dialects.{lms}").Lms for lms in registry.DIALECTS}
