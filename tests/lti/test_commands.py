"""The two commands: one JSON object out, one clear sentence when something is wrong."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from lti.models import Deployment, Invite, Registration
from lti.oidc import digest
from tutorai.ids import new_id
from tutorai.lmsdm.models import Institution

Say = Callable[..., Any]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command and return the JSON it printed."""

    def run(command: str, /, **given: Any) -> Any:
        words = [
            word
            for option, value in given.items()
            for one in (value if isinstance(value, list) else [value])
            for word in (f"--{option.replace('_', '-')}", one)
        ]
        capsys.readouterr()
        call_command(command, *words)
        return json.loads(capsys.readouterr().out)

    return run


def whole(**given: Any) -> dict[str, Any]:
    return {
        "name": "College",
        "issuer": f"https://lms.example/{new_id()}",
        "client_id": "client",
        "auth_url": "https://lms.example/auth",
        "token_url": "https://lms.example/token",
        "jwks_url": "https://lms.example/jwks",
        **given,
    }


def test_a_platform_is_registered_with_its_deployments_for_the_default_school(say: Say) -> None:
    given = whole(deployment_id=["1", "2"], family="moodle", audience="https://a.example")

    told = say("lti_register", **given)

    row = Registration.objects.get(pk=told["registration_id"])
    assert told == {
        "registration_id": str(row.pk),
        "issuer": given["issuer"],
        "client_id": "client",
        "institution": "default",
        "deployments": [
            {"deployment_id": "1", "status": "active"},
            {"deployment_id": "2", "status": "active"},
        ],
        "login_path": f"/lti/login/{row.login_slug}",
    }
    assert (row.family, row.token_audience) == ("moodle", "https://a.example")
    assert {one.institution.slug for one in row.deployment_set.all() if one.institution} == {
        "default"
    }


def test_the_same_platform_again_adds_and_changes_and_forgets_nothing(say: Say) -> None:
    name = f"School {new_id()}"
    given = whole(deployment_id="1", family="canvas", audience="https://a", institution=name)
    first = say("lti_register", **given)

    again = {**given, "name": "New", "jwks_url": "https://lms.example/keys", "deployment_id": "2"}
    for gone in ("family", "audience", "institution"):
        again.pop(gone)
    second = say("lti_register", **again)

    row = Registration.objects.get(pk=first["registration_id"])
    assert second["registration_id"] == first["registration_id"]
    assert second["institution"] == first["institution"]
    assert [one["deployment_id"] for one in second["deployments"]] == ["1", "2"]
    assert (row.name, row.jwks_url) == ("New", "https://lms.example/keys")
    assert (row.family, row.token_audience) == ("canvas", "https://a")


def test_a_pending_deployment_becomes_active_when_it_is_named(say: Say) -> None:
    given = whole(institution=f"School {new_id()}")
    told = say("lti_register", **given)
    Deployment.objects.create(registration_id=told["registration_id"], deployment_id="7")

    again = say("lti_register", **given, deployment_id="7")

    assert again["deployments"] == [{"deployment_id": "7", "status": "active"}]


def test_a_deployment_never_moves_to_another_school(say: Say) -> None:
    given = whole(deployment_id="1", institution=f"School {new_id()}")
    first = say("lti_register", **given)

    with pytest.raises(CommandError, match="belongs to"):
        say("lti_register", **{**given, "institution": f"School {new_id()}"})

    row = Deployment.objects.get(registration_id=first["registration_id"])
    assert row.institution is not None
    assert row.institution.slug == first["institution"]


def test_a_deployment_that_waits_goes_to_the_school_that_names_it(say: Say) -> None:
    given = whole(institution=f"School {new_id()}")
    told = say("lti_register", **given)
    row = Deployment.objects.create(
        registration_id=told["registration_id"],
        deployment_id="2",
        institution=Institution.objects.get(slug=told["institution"]),
    )

    say("lti_register", **{**given, "institution": f"Other {new_id()}"}, deployment_id="2")

    row.refresh_from_db()
    assert row.status == "active"
    assert row.institution is not None
    assert row.institution.slug != told["institution"]


def test_a_deployment_of_another_school_stays_there_when_no_school_is_named(say: Say) -> None:
    given = whole(institution=f"School {new_id()}")
    told = say("lti_register", **given)
    other = Institution.objects.create(name="Other", slug=f"other-{new_id()}")
    row = Deployment.objects.create(
        registration_id=told["registration_id"], deployment_id="1", institution=other
    )
    given.pop("institution")

    say("lti_register", **given, deployment_id="1")

    row.refresh_from_db()
    assert (row.institution, row.status) == (other, "active")


@pytest.mark.parametrize(
    "told",
    [
        {"name": " "},
        {"issuer": ""},
        {"issuer": "x" * 256},
        {"client_id": "x" * 256},
        {"auth_url": "http://lms.example/auth"},
        {"token_url": "ftp://lms.example"},
        {"jwks_url": "http://169.254.169.254/latest"},
        {"jwks_url": "https://10.0.0.1/jwks"},
        {"jwks_url": "no address"},
        {"deployment_id": ""},
        {"deployment_id": "x" * 256},
        {"family": "blackbored"},
    ],
)
def test_what_cannot_be_registered_is_refused_in_a_sentence(say: Say, told: Any) -> None:
    given = whole(**told)

    with pytest.raises(CommandError) as refused:
        say("lti_register", **given)

    assert next(iter(told)).replace("_", "-") in str(refused.value)
    assert not Registration.objects.filter(issuer=given["issuer"]).exists()


def test_schools_whose_names_look_alike_stay_apart(say: Say) -> None:
    mark = new_id().hex[-6:]
    names = [f"École {mark}", f"Ecole {mark}", "北京大学" + mark, "北京", "東京"]

    slugs = [say("lti_register", **whole(institution=name))["institution"] for name in names]
    again = [say("lti_register", **whole(institution=name))["institution"] for name in names]

    assert len(set(slugs)) == len(names)
    assert slugs == again
    assert say("lti_register", **whole(institution=slugs[1]))["institution"] == slugs[1]


def test_a_name_that_two_schools_have_is_not_guessed_at(say: Say) -> None:
    name = f"School {new_id()}"
    for n in (1, 2):
        Institution.objects.create(name=name, slug=f"twin-{new_id()}-{n}")

    with pytest.raises(CommandError, match="Say which"):
        say("lti_register", **whole(institution=name))


def test_an_invite_is_a_link_of_ours_and_only_its_hash_is_kept(say: Say) -> None:
    name = f"School {new_id()}"

    told = say("lti_invite", institution=name)

    assert list(told) == ["url"]
    path = urlsplit(told["url"]).path
    assert path.startswith("/lti/register/")
    secret = path.rpartition("/")[2]
    row = Invite.objects.select_related("institution").get(secret_hash=digest(secret))
    assert row.institution.name == name
    assert row.used_at is None
    week = timezone.now() + timedelta(days=7)
    assert week - timedelta(minutes=1) < row.expires_at <= week
    assert len(secret) >= 40


@pytest.mark.parametrize("told", [{"institution": " "}, {"institution": "x", "days": "0"}])
def test_what_is_no_invitation_is_refused_in_a_sentence(say: Say, told: Any) -> None:
    with pytest.raises(CommandError, match="--"):
        say("lti_invite", **told)
