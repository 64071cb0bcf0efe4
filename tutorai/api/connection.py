"""The way into the course's LMS: how it stands, what it lacks; begun, for who sets a course up.

A token is taken and never told. Consent needs a person and a browser: what is answered for it is a
state that is good once, to be given to the window that is opened (`tutorai.web.connect`).
"""

from typing import Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Router, Schema

from connectors.models import Connector
from tutorai import connecting, flows, limits
from tutorai.api.answers import actor_of, refusals
from tutorai.errors import NotYours, words
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread

router = Router(tags=["auth"])
Way = Literal["consent", "token", "school"]


class Connecting(Schema):
    """Nothing: tell how it stands. A `way`: begin to connect by it."""

    way: Way | None = None
    address: str = Field("", max_length=2000, description="Of the course in the LMS, where needed")
    token: str = Field("", max_length=4000, description="One made in the LMS, for way `token`")


class Lacking(Schema):
    """What the token may not do."""

    name: str = Field(examples=["core_enrol_get_enrolled_users"])
    why: str = Field(description="What it would be for")


class Consent(Schema):
    """Open `url` in a window of its own; it asks for `state`, which is good once."""

    url: str
    state: str


class Connection(Schema):
    """How the course's connection stands, and how it can be made. Never a token."""

    lms: str = Field(description="Empty: one we do not read", examples=["canvas"])
    title: str = Field(examples=["Canvas"])
    status: str = Field(
        description="none, active, paused, ended (connect again), school_ended",
        examples=["active"],
    )
    error: str = Field(description="The last error's code", examples=["", "lms_unavailable"])
    detail: str = Field(description="The same in words")
    base_url: str
    course_named: bool = Field(description="The LMS itself named this course: no address is needed")
    through_school: bool
    lacks: list[Lacking]
    mend_url: str = Field(description="Where an administrator of the LMS gives what is lacking")
    ways: list[Way] = Field(description="How it can be connected now")
    consent: Consent | None = None
    job_id: str | None = Field(None, description="The reading that began")


@router.post("/auth", response={200: Connection, **refusals(400, 409, 502)})
async def auth(request: HttpRequest, body: Connecting) -> Connection:
    """How the session's course is connected to its LMS, for its staff; or begin to connect it."""
    return await in_slow_thread(_auth)(actor_of(request), body)


def _auth(actor: Actor, body: Connecting) -> Connection:
    limits.take(actor)
    course = scope.course(actor, actor.course_id or "")
    if not actor.is_staff:
        raise NotYours()
    consent, job = None, None
    held = Connector.objects.select_related("through").filter(course=course).first()
    ways = connecting.ways(course, held)
    lms = ways.lms if ways else ""
    match body.way:
        case "consent":
            state = connecting.ask(actor, lms=lms, address=body.address.strip())
            url = settings.PUBLIC_URL + reverse("connect_go", kwargs={"lms": lms})
            consent = Consent(url=url, state=state)
        case "token":
            told = {"base_url": body.address.strip(), "token": body.token.strip()}
            job = flows.connect_course(actor, lms=lms, **told)
        case "school":
            job = flows.connect_through(actor)
    if job is not None:
        held = Connector.objects.select_related("through").filter(course=course).first()
    return _told(held, ways, consent, str(job.pk) if job else None)


def _told(
    held: Connector | None,
    ways: connecting.Ways | None,
    consent: Consent | None,
    job: str | None,
) -> Connection:
    opens: dict[Way, bool] = {
        "consent": bool(ways and ways.consents and ways.application),
        "token": bool(ways and ways.pastes),
        "school": bool(ways and ways.school),
    }
    place = ways.place if ways else None
    return Connection(
        lms=ways.lms if ways else "",
        title=ways.title if ways else "",
        status=connecting.state(held).value if held else "none",
        error=held.error if held else "",
        detail=words(held.error) if held and held.error else "",
        base_url=held.base_url if held else place.base_url if place else "",
        course_named=place is not None,
        through_school=held is not None and held.through_id is not None,
        lacks=[Lacking(name=name, why=why) for name, why in connecting.lacking(held)]
        if held
        else [],
        mend_url=connecting.mended_at(held) if held and connecting.lacking(held) else "",
        ways=[way for way, there in opens.items() if there],
        consent=consent,
        job_id=job,
    )
