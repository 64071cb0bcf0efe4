"""What an LMS may do to a reading: what people see meanwhile, and that nothing of it stays.

Each course is read twice from the same world: once undisturbed, once through a trouble. After the
trouble both say the same, row for row.
"""

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
LASTING = 60  # calls in a row that a trouble strikes


@dataclass(frozen=True)
class Trouble:
    """What the LMS does, and what is seen of it: `fault` at a call, or `option`s of the world."""

    shown: str
    fault: dict[str, Any] | None = None
    at: str = "toc"
    option: dict[str, Any] | None = None


LATER = {"headers": {"Retry-After": "1"}}
TROUBLES = {
    "429 once": Trouble(NOTHING, {"kind": "status", "status": 429, **LATER}),
    "429 for long": Trouble(WAITS, {"kind": "status", "status": 429, "times": LASTING}),
    "throttled in its own way": Trouble(NOTHING, {}),  # the adapter's `throttled`
    "500 twice": Trouble(NOTHING, {"kind": "status", "status": 500, "times": 2}),
    "500 for long": Trouble(WAITS, {"kind": "status", "status": 500, "times": LASTING}),
    "a page of 502": Trouble(WAITS, {"kind": "html", "status": 502, "times": LASTING}),
    "no answer in time": Trouble(WAITS, {"kind": "hang", "seconds": 0.05, "times": LASTING}),
    "a closed line": Trouble(NOTHING, {"kind": "drop"}, at="pages"),
    "half an answer": Trouble(NOTHING, {"kind": "truncate"}, at="assignments"),
    "a login page": Trouble(NOTHING, {"kind": "html", "status": 200}, at="assignments"),
    "submissions it will not tell": Trouble(
        PARTLY, {"kind": "status", "status": 403, "times": LASTING}, at="submissions"
    ),
    "short pages that shift": Trouble(NOTHING, option={"page_size": 2, "duplicates": True}),
    "a clock that is fast": Trouble(NOTHING, option={"clock": 300}),
    "a clock that is slow": Trouble(NOTHING, option={"clock": -300}),
}


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    """Pauses of our own are short."""
    settings.DELAYS = 0.01


@pytest.fixture
def spoilt(lms: Adapter) -> Iterator[Adapter]:
    """The world that all read; its troubles end with the test."""
    yield lms
    HTTP.delete(f"{lms.url}/sandbox/faults", params={"world": lms.name})
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


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_a_trouble_is_told_as_it_is_and_leaves_no_trace(
    spoilt: Adapter, trouble: Trouble, undisturbed: dict[str, dict[str, Any]]
) -> None:
    lms = spoilt
    if lms.lms not in undisturbed:
        calm = begun(lms)
        drained(calm)
        undisturbed[lms.lms] = snapshot(calm)
    if trouble.fault is not None:
        lms.spoil(trouble.at, **(trouble.fault or lms.throttled))
    lms.option(**(trouble.option or {}))
    course = begun(lms)

    drained(course)

    assert shown(course) == trouble.shown

    HTTP.delete(f"{lms.url}/sandbox/faults", params={"world": lms.name})
    later(course)

    assert shown(course) == NOTHING
    assert snapshot(course) == undisturbed[lms.lms]
