"""Dynamic registration: from an invite to the rows, or to nothing."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from lti import invites
from lti.models import Deployment, Invite, Registration
from lti.oidc import digest
from lti.registration import configuration, dynamic, errors
from lti.registration.ours import SCOPES
from tests import factories
from tests.lti.scripted import Answer, Asked, Scripted, scripted
from tests.racing import at_once
from tests.registration.conftest import PLATFORM, RECORDED, TOKEN, TOOL, Registrar
from tutorai.errors import TutorError
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Institution

RegistrarOf = Callable[..., Registrar]
FAILED = sorted(name for name in RECORDED if name.startswith("dynreg_err"))
OK = json.dumps({"client_id": "c"})


def test_a_moodle_registers_as_one_was_recorded(registrar: Registrar) -> None:
    registrar.registers()

    done = registrar.register()

    row = Registration.objects.get(pk=done.registration.pk)
    deployment = row.deployment_set.get()
    assert (row.issuer, row.client_id, row.family) == (registrar.url, "y5xec9vPYQtNqdC", "moodle")
    assert row.token_url == f"{registrar.url}/mod/lti/token.php"
    assert (row.source, row.awaits_activation, row.active) == ("dynamic", True, True)
    assert (deployment.deployment_id, deployment.status) == ("5", Deployment.Status.ACTIVE)
    assert deployment.institution == registrar.institution
    assert done.withheld == ()
    assert any("Activate" in str(step) for step in done.profile.next)
    assert Invite.objects.get(registration=row).used_at
    assert AuditEvent.objects.filter(object=row.pk, verb="platform.register").count() == 1


def test_moodle_is_asked_as_it_was_recorded_to_take_it(registrar: Registrar) -> None:
    registrar.registers()
    recorded = RECORDED["dynreg_3_registration"]["asked"]

    registrar.register()

    sent = registrar.sent()
    assert set(recorded[TOOL]) == set(sent[TOOL])
    assert set(recorded) - set(sent) == {"contacts", "tos_uri", "policy_uri"}
    assert set(sent[TOOL]["claims"]) == set(recorded[TOOL]["claims"])
    assert [one["type"] for one in sent[TOOL]["messages"]] == [
        one["type"] for one in recorded[TOOL]["messages"]
    ]
    assert sent[TOOL]["target_link_uri"].split("/")[2] == sent[TOOL]["domain"]  # with its port
    assert set(sent["scope"].split()) <= set(recorded["scope"].split())
    assert registrar.asked("POST")[0].headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("name", FAILED)
def test_each_refusal_recorded_of_moodle_is_named_and_leaves_nothing(
    registrar: Registrar, name: str
) -> None:
    said = RECORDED[name]
    answer = Answer(said["status"], registrar.moved(said["body"]), headers=said["headers"])
    registrar.says(registrar.configuration(), answer)

    with pytest.raises(errors.RegistrationRefused) as refused:
        registrar.register()

    words = str(refused.value)
    assert str(said["status"]) in words
    assert "<" not in words
    assert refused.value.facts["why"] not in {"…", said["body"]}  # in words of ours
    assert registrar.untouched()


def test_what_is_shared_is_as_it_was_chosen(registrar_of: RegistrarOf) -> None:
    moodle, canvas = registrar_of(), registrar_of()
    moodle.registers()
    canvas.says(a_canvas(canvas), Answer(body=OK))

    moodle.register(shares="anonymous")
    canvas.register(shares="name_only")

    assert moodle.sent()[TOOL]["claims"] == ["iss", "sub"]
    tool = canvas.sent()[TOOL]
    assert tool["https://canvas.instructure.com/lti/privacy_level"] == "name_only"
    assert "name" in tool["claims"]
    assert "email" not in tool["claims"]


# doc/api/registration.md: all that a registration, its tool and its messages may hold.
CANVAS_TAKES = {
    "application_type",
    "grant_types",
    "initiate_login_uri",
    "redirect_uris",
    "response_types",
    "client_name",
    "client_uri",
    "logo_uri",
    "jwks_uri",
    "token_endpoint_auth_method",
    "scope",
    TOOL,
}
X = "https://canvas.instructure.com/lti/"
CANVAS_TOOL = {
    *("domain", "secondary_domains", "target_link_uri", "custom_parameters", "description"),
    *("messages", "claims", f"{X}privacy_level", f"{X}tool_id", f"{X}vendor"),
}
CANVAS_MESSAGE = {
    *("type", "target_link_uri", "label", "icon_uri", "custom_parameters", "placements", "roles"),
    *(f"{X}course_navigation/default_enabled", f"{X}visibility"),
}


class Canvas(Scripted):
    """Refuses members that Canvas's documentation does not list, and calls without its token."""

    def next(self, asked: Asked) -> Answer:
        """Answer as Canvas does."""
        said = super().next(asked)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Answer(401, '{"errors": [{"message": "Invalid token"}]}')
        if asked.method == "GET":
            return said
        told = json.loads(asked.body)
        messages = told[TOOL]["messages"]
        unknown = {
            *set(told) - CANVAS_TAKES,
            *set(told[TOOL]) - CANVAS_TOOL,
            *(name for one in messages for name in set(one) - CANVAS_MESSAGE),
        }
        if unknown:
            return Answer(422, json.dumps({"errors": [f"unexpected: {sorted(unknown)}"]}))
        return Answer(body=json.dumps({**told, "client_id": "10000000000001"}))


def a_canvas(registrar: Registrar) -> dict[str, Any]:
    """Return the configuration of a Canvas. Source: doc/api/registration.md."""
    platform = {
        "product_family_code": "canvas",
        "version": "vCloud",
        "messages_supported": [
            {
                "type": "LtiResourceLinkRequest",
                "placements": ["account_navigation", "course_navigation", "wiki_page_menu"],
            },
            {
                "type": "LtiDeepLinkingRequest",
                "placements": ["assignment_selection", "link_selection", "editor_button"],
            },
        ],
        f"{X}account_name": "Test University",
    }
    scopes = [one for one in SCOPES if "lti-gs" not in one]
    return registrar.configuration(
        **{PLATFORM: platform},
        authorization_server="canvas.instructure.com",
        scopes_supported=scopes,
    )


def test_a_canvas_gets_its_token_on_both_calls_and_no_member_it_does_not_know() -> None:
    with scripted(Canvas) as server:
        canvas = Registrar(server, f"127.9.9.9:{server.server_port}")
        canvas.invited()
        canvas.says(a_canvas(canvas), Answer())

        done = canvas.register(approve=True)

    row, tool = done.registration, canvas.sent()[TOOL]
    placed = {one["type"]: one["placements"] for one in tool["messages"]}
    assert placed == {
        "LtiResourceLinkRequest": ["course_navigation"],
        "LtiDeepLinkingRequest": ["link_selection", "assignment_selection", "editor_button"],
    }
    assert tool[f"{X}privacy_level"] == "public"
    assert tool["custom_parameters"]["canvas_user_id"] == "$Canvas.user.id"
    assert (row.family, row.name, row.token_audience) == ("canvas", "Test University", "")
    assert not row.deployment_set.exists()  # its first launch tells
    assert row.auto_approve_deployments


def test_a_canvas_that_names_no_placements_is_asked_for_all_of_ours() -> None:
    with scripted(Canvas) as server:
        canvas = Registrar(server, f"127.9.9.9:{server.server_port}")
        canvas.invited()
        told = a_canvas(canvas)
        supported = [{"type": one["type"]} for one in told[PLATFORM]["messages_supported"]]
        canvas.says(
            {**told, PLATFORM: {**told[PLATFORM], "messages_supported": supported}}, Answer()
        )

        canvas.register()

    placed = {one["type"]: one["placements"] for one in canvas.sent()[TOOL]["messages"]}
    assert "course_navigation" in placed["LtiResourceLinkRequest"]
    assert "module_index_menu_modal" in placed["LtiDeepLinkingRequest"]


def test_a_brightspace_without_a_token_is_asked_without_one(registrar: Registrar) -> None:
    told = registrar.configuration(
        **{PLATFORM: {"product_family_code": "desire2learn"}},
        token_endpoint="https://auth.brightspace.com/core/connect/token",
        authorization_server="https://api.brightspace.com/auth/token",
    )
    registrar.says(told, Answer(201, OK))

    done = registrar.register(token="")

    heard = [one.headers for one in registrar.asked("GET") + registrar.asked("POST")]
    assert ["Authorization" in headers for headers in heard] == [False, False]
    assert done.registration.token_audience == "https://api.brightspace.com/auth/token"
    assert (done.registration.family, done.withheld) == ("d2l", ())


def test_messages_may_be_bare_types_as_in_older_moodles(registrar: Registrar) -> None:
    listed = ["LtiResourceLinkRequest", "LtiDeepLinkingRequest", 7, None, {"type": None}]
    platform = {"product_family_code": "moodle", "messages_supported": listed}
    registrar.says(registrar.configuration(**{PLATFORM: platform}), Answer(body=OK))

    registrar.register()

    sent = registrar.sent()[TOOL]["messages"]
    assert [one["type"] for one in sent] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    assert not any("placements" in one for one in sent)


def test_scopes_that_a_platform_lacks_or_withholds_are_told(registrar: Registrar) -> None:
    lineitem, score = (one for one in SCOPES if one.endswith(("/lineitem", "/score")))
    told = registrar.configuration(scopes_supported=[lineitem, score])
    registrar.says(told, Answer(body=json.dumps({"client_id": "c", "scope": lineitem})))

    done = registrar.register()

    assert set(registrar.sent()["scope"].split()) == {lineitem, score}
    assert (done.withheld, done.registration.scopes) == ((score,), [lineitem])


BAD_CONFIGURATIONS: dict[str, tuple[Answer | dict[str, Any], str]] = {
    "html": (Answer(body="<!doctype html><p>Sign in</p>"), "configuration_unread"),
    "truncated": (Answer(body='{"issuer": "http'), "configuration_unread"),
    "a list": (Answer(body="[]"), "configuration_unread"),
    "deep": (Answer(body="[" * 100_000), "configuration_unread"),
    "NUL": (Answer(body='{"issuer": "\\u0000"}'), "configuration_unread"),
    "half a character": (Answer(body='{"issuer": "\\ud800"}'), "configuration_unread"),
    "10 MB": (Answer(body=" " * 10_000_000), "configuration_unread"),
    "redirect": (Answer(302, headers={"Location": "http://127.0.0.1/"}), "configuration_refused"),
    "500": (Answer(500, "oops"), "configuration_refused"),
    "cut off": (Answer(0), "configuration_unread"),
    "nulls everywhere": (dict.fromkeys(("issuer", "jwks_uri")), "configuration_wrong"),
    "issuer elsewhere": ({"issuer": "https://canvas.instructure.com"}, "foreign_issuer"),
    "issuer is a number": ({"issuer": 7}, "configuration_wrong"),
    "issuer too long": ({"issuer": f"https://{'a' * 300}.example"}, "configuration_wrong"),
    "token over http": ({"token_endpoint": "http://lms.example/token"}, "configuration_wrong"),
    "keys in a private network": ({"jwks_uri": "https://10.0.0.1/jwks"}, "configuration_wrong"),
    "metadata": ({"authorization_endpoint": "https://169.254.169.254/"}, "configuration_wrong"),
    "a password": ({"jwks_uri": "https://me:you@lms.example/"}, "configuration_wrong"),
    "no registration": ({"registration_endpoint": None}, "configuration_wrong"),
    "a file": ({"registration_endpoint": "file:///etc/passwd"}, "configuration_wrong"),
    "tokens of another": ({"token_endpoint": "https://lms.example/token"}, "configuration_wrong"),
    "tokens for another": (
        {"authorization_server": "https://lms.example/token"},
        "configuration_wrong",
    ),
}


@pytest.mark.parametrize("name", BAD_CONFIGURATIONS)
def test_a_configuration_that_cannot_be_used_is_named_and_leaves_nothing(
    registrar: Registrar, name: str
) -> None:
    said, code = BAD_CONFIGURATIONS[name]
    registrar.says(said if isinstance(said, Answer) else registrar.configuration(**said))

    with pytest.raises(TutorError) as refused:
        registrar.consider()

    assert refused.value.code == code
    assert registrar.untouched()


@pytest.mark.parametrize(
    "url",
    [
        "http://lms.example/config",
        "https://10.0.0.1/",
        "ftp://lms.example/",
        "nonsense",
        "http://[",
    ],
)
def test_nobody_is_asked_at_an_address_we_do_not_call(registrar: Registrar, url: str) -> None:
    with pytest.raises(TutorError) as refused:
        dynamic.consider(registrar.invite, url, TOKEN)

    assert refused.value.code == "url_refused"
    assert registrar.untouched()


BAD_ANSWERS: dict[str, tuple[Answer, str]] = {
    "html": (Answer(body="<!doctype html><p>Sign in</p>"), "answer_unread"),
    "truncated": (Answer(body='{"client_id": "abc'), "answer_unread"),
    "10 MB": (Answer(body=" " * 10_000_000), "answer_unread"),
    "200 with an error inside": (
        Answer(body='{"error": "invalid_redirect_uri"}'),
        "registration_refused",
    ),
    "an error of OAuth": (
        Answer(400, '{"error": "x", "error_description": "no such scope"}'),
        "registration_refused",
    ),
    "Canvas's": (Answer(422, '{"errors": ["oops"]}'), "registration_refused"),
    "nobody's words": (Answer(500, b"\0\xff"), "registration_refused"),
    "redirect": (Answer(302, headers={"Location": "/login"}), "registration_refused"),
    "cut off": (Answer(0), "answer_unread"),
    "no client id": (Answer(body="{}"), "answer_unread"),
    "null": (Answer(body='{"client_id": null}'), "answer_unread"),
    "an object": (Answer(body='{"client_id": {}}'), "answer_unread"),
    "too long": (Answer(body=json.dumps({"client_id": "c" * 256})), "answer_unread"),
    "deployment is a list": (
        Answer(body=json.dumps({"client_id": "c", TOOL: {"deployment_id": [1]}})),
        "answer_unread",
    ),
    "deployment is an object": (
        Answer(body=json.dumps({"client_id": "c", TOOL: {"deployment_id": {"a": 1}}})),
        "answer_unread",
    ),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_an_answer_that_cannot_be_used_is_named_and_leaves_nothing(
    registrar: Registrar, name: str
) -> None:
    said, code = BAD_ANSWERS[name]
    registrar.says(registrar.configuration(), said)

    with pytest.raises(TutorError) as refused:
        registrar.register()

    assert refused.value.code == code
    assert registrar.untouched()


class Dripping(Scripted):
    """Says the beginning of an answer, and then nothing for longer than anybody waits."""

    def next(self, asked: Asked) -> Answer:
        """Answer a configuration at once, and nothing else."""
        if asked.method == "POST" or "slow" in asked.path:
            self.gone.wait(30)
        return super().next(asked)

    gone = threading.Event()


def test_nobody_waits_for_a_platform_that_is_slow_or_away() -> None:
    with scripted(Dripping) as server:
        registrar = Registrar(server, f"127.7.7.7:{server.server_port}")
        registrar.invited()
        registrar.registers()
        ticket = registrar.consider().ticket
        choices = dynamic.Choices()

        with pytest.raises(errors.RegistrationAway):
            dynamic.carry_out(registrar.invite, ticket, TOKEN, choices, patience=0.2)
        with pytest.raises(errors.ConfigurationAway):
            configuration.fetch(f"{registrar.url}/slow", patience=0.2)
        Dripping.gone.set()
        assert registrar.untouched()

    with pytest.raises(errors.ConfigurationAway):  # the server is gone
        registrar.consider()
    with pytest.raises(errors.ConfigurationAway):
        dynamic.carry_out(registrar.invite, ticket, TOKEN, choices)
    assert registrar.untouched()


def test_after_a_failure_the_same_page_may_be_confirmed_again(registrar: Registrar) -> None:
    registrar.says(registrar.configuration(), Answer(503), Answer(body=OK))
    ticket = registrar.consider().ticket

    with pytest.raises(errors.RegistrationRefused):
        dynamic.carry_out(registrar.invite, ticket, TOKEN, dynamic.Choices())

    done = dynamic.carry_out(registrar.invite, ticket, TOKEN, dynamic.Choices())
    assert done.registration.client_id == "c"


def test_of_many_at_once_with_one_invite_one_registers(registrar: Registrar) -> None:
    registrar.registers()
    ticket = registrar.consider().ticket

    def confirm(_number: int) -> str:
        try:
            dynamic.carry_out(registrar.invite, ticket, TOKEN, dynamic.Choices())
        except TutorError as error:
            return error.code
        return "done"

    came = at_once(5, confirm)

    assert sorted(came) == ["done", *["invite_used"] * 4]
    assert Registration.objects.filter(institution=registrar.institution).count() == 1
    assert len(registrar.asked("POST")) == 1


def test_an_invite_serves_once_and_not_for_ever(registrar: Registrar) -> None:
    registrar.registers()
    registrar.register()

    with pytest.raises(errors.InviteUsed):
        registrar.consider()
    registrar.invited(expires_at=timezone.now())
    with pytest.raises(errors.InviteExpired):
        registrar.consider()
    with pytest.raises(errors.InviteUnknown):
        dynamic.consider("never made", registrar.config_url, TOKEN)


def test_a_claim_whose_process_died_lapses(registrar: Registrar) -> None:
    row = invites.find(registrar.invite)
    invites.claim(row)
    with pytest.raises(errors.InviteUsed):
        invites.find(registrar.invite)
    with pytest.raises(errors.InviteUsed):  # whoever had found it before
        invites.claim(row)

    Invite.objects.filter(pk=row.pk).update(used_at=timezone.now() - invites.CLAIM)

    assert invites.find(registrar.invite) == row


@pytest.mark.parametrize("what", ["ticket", "token", "invite", "choice"])
def test_only_what_was_shown_can_be_confirmed(
    registrar: Registrar, registrar_of: RegistrarOf, what: str
) -> None:
    another = registrar_of()
    registrar.registers()
    ticket, token, secret = registrar.consider().ticket, TOKEN, registrar.invite
    shares = "public"
    match what:
        case "ticket":
            ticket = ticket[:-3]
        case "token":
            token = "another"
        case "invite":
            secret = another.invite
        case _:
            shares = "everything"

    with pytest.raises(errors.NotConfirmed):
        dynamic.carry_out(secret, ticket, token, dynamic.Choices(shares=shares))

    assert registrar.asked("POST") == []
    assert registrar.untouched()


def test_a_client_id_of_another_school_is_not_taken_over(registrar_of: RegistrarOf) -> None:
    first = registrar_of()
    second = Registrar(first.server, first.host)
    second.invited()
    first.registers()
    row = first.register().registration

    with pytest.raises(errors.ClientTaken):
        second.register()

    row.refresh_from_db()
    assert row.institution == first.institution
    assert second.untouched()


def test_whoever_registers_the_same_again_changes_the_same_row(registrar: Registrar) -> None:
    registrar.registers()
    row = registrar.register().registration
    registrar.invited()

    done = registrar.register()

    assert (done.registration, done.renewed) == (row, True)
    assert row.deployment_set.count() == 1


def test_a_renewal_with_another_client_id_keeps_people_and_courses(registrar: Registrar) -> None:
    registrar.registers()
    row = registrar.register().registration
    before = row.deployment_set.get()
    registrar.invited(renews=row)
    registrar.registers(client_id="new", **{TOOL: {"deployment_id": "7"}})

    done = registrar.register()

    row.refresh_from_db()
    after = row.deployment_set.get()
    assert (done.registration.pk, row.client_id, done.renewed) == (row.pk, "new", True)
    assert (after.pk, after.deployment_id) == (before.pk, "7")
    assert AuditEvent.objects.filter(object=row.pk, verb="platform.renew").count() == 1


def test_a_renewal_is_of_its_own_platform_alone(registrar_of: RegistrarOf) -> None:
    first, second = registrar_of(), registrar_of()
    first.registers()
    second.registers()
    row = first.register().registration
    second.institution = first.institution
    second.invited(renews=row)

    with pytest.raises(errors.OtherPlatform):
        second.consider()

    assert Registration.objects.filter(institution=first.institution).count() == 1


def test_a_deployment_of_another_school_stays_there(registrar: Registrar) -> None:
    registrar.registers()
    row = registrar.register().registration
    elsewhere = factories.an_institution()
    Deployment.objects.create(registration=row, deployment_id="9", institution=elsewhere)
    registrar.invited(renews=row)
    registrar.registers(**{TOOL: {"deployment_id": "9"}})

    registrar.register()

    assert Deployment.objects.get(registration=row, deployment_id="9").institution == elsewhere


class Forgetful(Scripted):
    """Registers us while our invite is lost: another has claimed it meanwhile."""

    def next(self, asked: Asked) -> Answer:
        """Answer, and let the claim lapse."""
        if asked.method == "POST":
            Invite.objects.filter(used_at__isnull=False, expires_at__gt=timezone.now()).update(
                used_at=timezone.now()
            )
            connections.close_all()  # of the server's thread
        return super().next(asked)


def test_that_the_platform_knows_us_and_we_do_not_know_it_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with scripted(Forgetful) as server:
        registrar = Registrar(server, f"127.8.8.8:{server.server_port}")
        registrar.invited()
        registrar.registers()

        with pytest.raises(errors.NotWritten) as failed:
            registrar.register()

    assert "y5xec9vPYQtNqdC" in str(failed.value)
    assert not Registration.objects.filter(institution=registrar.institution).exists()
    assert "could not write it down" in caplog.text
    assert TOKEN not in caplog.text


def test_neither_the_platforms_token_nor_the_invite_is_kept(registrar: Registrar) -> None:
    secret = {"registration_access_token": TOKEN, "client_secret": TOKEN}
    registrar.registers(**secret)

    row = registrar.register().registration

    kept = json.dumps(row.answered)
    assert TOKEN not in kept
    assert "client_id" in kept
    assert Invite.objects.get(registration=row).secret_hash == digest(registrar.invite)


def test_who_asks_within_a_transaction_keeps_it(registrar: Registrar) -> None:
    registrar.registers()

    with transaction.atomic():
        row = factories.an_institution()
        registrar.consider()

    assert Institution.objects.filter(pk=row.pk).exists()
