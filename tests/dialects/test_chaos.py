"""What an LMS may do to a reading: what people see meanwhile, and that nothing of it stays.

The courses are read from one world: one undisturbed, the others through troubles. After those all
say the same, row for row.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors import tokens
from connectors.base import Grant
from connectors.models import Connector, SyncCursor
from tests import factories
from tests.dialects.contract import HTTP, Adapter
from tests.sync.making import snapshot
from tutorai import flows, syncing
from tutorai.ledger import attempts
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course
from tutorai.web import reading

NOTHING, WAITS, PARTLY = "nothing", "waits", "partly"  # what a teacher sees meanwhile
MANY = 60  # calls in a row that a trouble strikes
PATIENCE = 60  # seconds until a breaker lets a call through again


def status(number: int, **more: Any) -> dict[str, Any]:
    """The fault of an answer with that status."""
    return {"kind": "status", "status": number, **more}


@dataclass(frozen=True)
class Trouble:
    """A fault of the call behind a place; {}: this LMS's own way to say "later"."""

    at: str
    fault: dict[str, Any]


# A reading bears all of each row at once, and says nothing of it.
BORNE: dict[str, tuple[dict[str, Any], dict[str, Trouble]]] = {
    "a fast clock and short pages that shift": (
        {"clock": 300, "page_size": 2, "duplicates": True},
        {
            "429 once": Trouble("toc", status(429, headers={"Retry-After": "1"})),
            "a closed line": Trouble("pages", {"kind": "drop"}),
            "half an answer": Trouble("assignments", {"kind": "truncate"}),
        },
    ),
    "a slow clock": (
        {"clock": -300},
        {
            "throttled in its own way": Trouble("toc", {}),
            "500 twice": Trouble("people", status(500, times=2)),
            "a login page": Trouble("assignments", {"kind": "html", "status": 200}),
        },
    ),
}
# Each ends a reading, which waits and goes on.
LASTING: dict[str, dict[str, Any]] = {
    "429 for long": status(429, times=MANY),
    "500 for long": status(500, times=MANY),
    "a page of 502": {"kind": "html", "status": 502, "times": MANY},
    "no answer in time": {"kind": "hang", "seconds": 0.05, "times": MANY},
}


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    """Pauses of our own are short."""
    settings.DELAYS = 0.01


@pytest.fixture
def spoilt(lms: Adapter) -> Iterator[Adapter]:
    """The world that all read; its troubles end with the test."""
    yield lms
    cleared(lms)
    lms.option(page_size=0, duplicates=False, clock=0)


def begun(lms: Adapter) -> Course:
    """A course of a new school, connected to the world's."""
    course = factories.a_course()
    row = Connector.objects.create(
        institution_id=course.institution_id,
        course=course,
        lms=lms.lms,
        base_url=lms.url,
        external_id=lms.course_id,
    )
    tokens.keep(row, Grant(lms.token))
    syncing.ask(row, course)
    return course


def drained(course: Course) -> None:
    """Read the course as often as that is due; what follows a reading is not what we look at."""
    while due := list(Job.objects.due().filter(course=course, kind=syncing.KIND)):
        for job in due:
            attempts.attempt(job.pk, flows.WORK)


def later(course: Course) -> None:
    """Let the time come that waiting jobs wait for, and all kinds be read again."""
    Job.objects.filter(course=course, state=Job.State.WAITING).update(due_at=timezone.now())
    syncing.ask(course.connector, course)
    drained(course)


def shown(course: Course) -> str:
    """What the course's page says of the reading."""
    Job.objects.filter(course=course).exclude(kind=syncing.KIND).delete()
    work = reading.work(course)
    if work is not None:
        return WAITS if work.state == "waiting" else work.state
    rough = SyncCursor.objects.filter(course=course).exclude(status=SyncCursor.Status.OK)
    return PARTLY if rough.exists() else NOTHING


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, dict[str, Any]]:
    """What a reading without any trouble stores, by LMS."""
    return {}


@pytest.fixture
def calm(spoilt: Adapter, undisturbed: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What it stores of this LMS's course."""
    if spoilt.lms not in undisturbed:
        course = begun(spoilt)
        drained(course)
        assert shown(course) == NOTHING
        undisturbed[spoilt.lms] = snapshot(course)
    return undisturbed[spoilt.lms]


def faults(lms: Adapter) -> list[int]:
    """How often each fault that was ordered may still strike."""
    told = HTTP.get(f"{lms.url}/sandbox/faults", params={"world": lms.name}).json()
    return [fault["times"] for fault in told]


def met(lms: Adapter, course: Course) -> None:
    """Read until the trouble strikes: the last one may have left a breaker open for a moment."""
    end = time.monotonic() + PATIENCE
    while faults(lms) == [MANY]:
        assert time.monotonic() < end
        later(course)


def cleared(lms: Adapter) -> None:
    """End every fault."""
    HTTP.delete(f"{lms.url}/sandbox/faults", params={"world": lms.name})


@pytest.mark.parametrize(("option", "troubles"), BORNE.values(), ids=BORNE.keys())
def test_what_passes_is_borne_unseen_and_leaves_no_trace(
    spoilt: Adapter, calm: dict[str, Any], option: dict[str, Any], troubles: dict[str, Trouble]
) -> None:
    for trouble in troubles.values():
        spoilt.spoil(trouble.at, **(trouble.fault or spoilt.throttled))
    spoilt.option(**option)
    course = begun(spoilt)

    drained(course)

    assert not any(faults(spoilt))
    assert shown(course) == NOTHING
    assert snapshot(course) == calm


def test_what_lasts_is_waited_for_what_is_not_told_is_said_and_neither_leaves_a_trace(
    spoilt: Adapter, calm: dict[str, Any]
) -> None:
    course = begun(spoilt)
    seen = {}
    for name, fault in LASTING.items():
        spoilt.spoil("toc", **fault)
        met(spoilt, course)
        seen[name] = shown(course)
        cleared(spoilt)
    assert seen == dict.fromkeys(LASTING, WAITS)

    spoilt.spoil("submissions", **status(403, times=MANY))
    met(spoilt, course)
    assert shown(course) == PARTLY

    cleared(spoilt)
    later(course)
    assert shown(course) == NOTHING
    assert snapshot(course) == calm
