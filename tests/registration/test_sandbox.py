"""Against the pretend LMS: each of its dialects registers us as its own documentation says."""

import html
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from lti.models import Deployment, Registration
from tests.conftest import Running
from tests.people import Browser
from tests.registration.test_pages import HIDDEN
from tests.registration.test_platforms import LINK

AsOfficer = Callable[..., Browser]


def control(sandbox: Running, path: str, **given: Any) -> Any:
    """Ask the sandbox's control routes."""
    answer = httpx.post(f"{sandbox.url}/sandbox/{path}", json=given, timeout=60)
    answer.raise_for_status()
    return answer.json()


def a_world(sandbox: Running, dialect: str, **given: Any) -> str:
    """Make a college without courses, and return its name."""
    made = control(sandbox, "worlds", dialect=dialect, courses=[], **given)
    return str(made["world"])


def tools_of(sandbox: Running, world: str) -> list[dict[str, Any]]:
    """Return the tools a college has, oldest first."""
    asked = httpx.get(f"{sandbox.url}/sandbox/tools", params={"world": world})
    found: list[dict[str, Any]] = asked.json()
    return found


@pytest.mark.parametrize(
    ("dialect", "token"),
    [("canvas", True), ("moodle", True), ("canvas", False)],
    ids=["canvas", "moodle", "without a token"],
)
def test_a_college_registers_us_with_the_link_of_its_guide(
    as_officer: AsOfficer, sandbox: Running, dialect: str, token: bool
) -> None:
    admin = as_officer("administrator")
    world = a_world(sandbox, dialect, registered=False)
    [link] = LINK.findall(admin.post(admin.url("platform_guide", family=dialect)).text)

    opens = control(sandbox, "registrations", world=world, url=link, token=token)["opens"]
    page = httpx.get(opens, timeout=60)
    fields = {name: html.unescape(value) for name, value in HIDDEN.findall(page.text)}
    done = httpx.post(link, data={**fields, "shares": "name_only"}, timeout=60)

    assert (page.status_code, done.status_code) == (200, 200), done.text
    assert ("registration_token=" in opens) == token
    tool = tools_of(sandbox, world)[-1]
    row = Registration.objects.get(institution=admin.institution)
    assert (row.client_id, row.family) == (tool["client_id"], dialect)
    assert (tool["state"], row.awaits_activation) == ("pending", True)
    assert tool["custom"]["context_history"] == "$Context.id.history"

    active = control(sandbox, f"tools/{tool['id']}", state="active")
    told = active["registration"]
    assert (row.issuer, row.auth_url, row.token_url, row.jwks_url) == (
        told["issuer"],
        told["auth_url"],
        told["token_url"],
        told["jwks_url"],
    )
    named = list(row.deployment_set.values_list("deployment_id", "status"))
    assert named == (
        [(told["deployment_id"], Deployment.Status.ACTIVE)] if dialect == "moodle" else []
    )


def test_a_blackboard_is_entered_by_hand_with_what_it_shows(
    as_officer: AsOfficer, sandbox: Running
) -> None:
    admin = as_officer("owner")
    world = a_world(sandbox, "blackboard")
    told = tools_of(sandbox, world)[-1]["registration"]
    names = ("issuer", "client_id", "auth_url", "token_url", "jwks_url", "deployment_id")

    page = admin.post(
        admin.url("platform_new", family="other"), {name: told[name] for name in names}
    )

    row = Registration.objects.get(institution=admin.institution)
    assert page.url.path == admin.url("platform", platform=row.pk)
    assert {name: getattr(row, name) for name in names[:-1]} == {n: told[n] for n in names[:-1]}
    assert row.deployment_set.get().deployment_id == told["deployment_id"]
