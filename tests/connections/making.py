"""A Canvas that knows us by a developer key, and somebody who consents there."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from connectors import applications, consents
from connectors.models import Application, Connector
from connectors.places import Place
from tests import factories
from tests.sync.making import School
from tutorai import flows
from tutorai.lmsdm.schema import Role


def an_application(school: School) -> Application:
    """The school's developer key, as its administrator entered it."""
    told: dict[str, str] = school.told["registration"]["api"]
    return applications.keep(
        school.course.institution,
        lms="canvas",
        base_url=school.url,
        client_id=told["client_id"],
        secret=told["client_secret"],
    )


def consent_at(url: str, person: str, **form: str) -> dict[str, str]:
    """Consent on the LMS's page as a person of it; return what comes back to us."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    parts = urlsplit(url)
    answer = httpx.post(
        f"{parts.scheme}://{parts.netloc}/login/oauth2/accept",
        data={**asked, "person": person, **form},
    )
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/connect/canvas/callback"
    return {name: values[0] for name, values in parse_qs(back.query).items()}


def consented(school: School, **change: Any) -> Connector:
    """Connect the course by its teacher's consent; return the connection."""
    place = Place(school.url, school.external["id"])
    begun = factories.a_session(school.course, Role.TEACHER).session
    state = consents.begin(
        school.course.institution,
        an_application(school),
        place,
        course=school.course,
        user=begun.user_id,
        session=begun.pk,
    )
    way = consents.leave(state)
    back = consent_at(way.url, str(school.told["people"]["teacher"]["id"]))
    flows.connect_by_consent(consents.come_back("canvas", state, way.binder), back["code"])
    row = school.connector
    row.tokens.update(**change)
    return row
