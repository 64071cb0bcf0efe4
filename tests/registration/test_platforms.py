"""An institution's platforms: entered, changed, switched off, and nobody else's."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings

from lti import inbox, invites
from lti.claims import Launch
from lti.models import Deployment, Invite, LaunchSession, Registration
from lti.oidc import digest
from lti.registration import entry, held
from tests import factories
from tests.people import Browser
from tests.registration.conftest import Registrar
from tutorai.errors import Conflict
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Institution

AsOfficer = Callable[..., Browser]
LINK = re.compile(r'<code id="link"[^>]*>([^<]+)</code>')


def a_platform(institution: Institution, **fields: Any) -> Registration:
    """A registration this school looks after."""
    host = f"https://{new_id().hex}.example"
    told = {
        "name": "Our Moodle",
        "issuer": host,
        "auth_url": f"{host}/auth",
        "token_url": f"{host}/token",
        "jwks_url": f"{host}/jwks",
        "client_id": new_id().hex,
        "login_slug": new_id().hex,
        "family": "moodle",
        **fields,
    }
    return Registration.objects.create(institution=institution, **told)


def told_of(row: Registration) -> list[str]:
    """Return what the audit log has of it, in order."""
    events = AuditEvent.objects.filter(object=row.pk).order_by("created_at")
    return [event.verb for event in events]


ENTERED: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "moodle": (
        {"site": "https://Moodle.example/learn/mod/lti/toolconfigure.php"},
        {
            "issuer": "https://moodle.example/learn",
            "auth_url": "https://moodle.example/learn/mod/lti/auth.php",
            "token_url": "https://moodle.example/learn/mod/lti/token.php",
            "jwks_url": "https://moodle.example/learn/mod/lti/certs.php",
        },
    ),
    "canvas": (
        {"environment": "beta"},
        {
            "issuer": "https://canvas.beta.instructure.com",
            "auth_url": "https://sso.beta.canvaslms.com/api/lti/authorize_redirect",
            "token_url": "https://sso.beta.canvaslms.com/login/oauth2/token",
            "jwks_url": "https://sso.beta.canvaslms.com/api/lti/security/jwks",
        },
    ),
    "blackboard": (
        {},
        {
            "issuer": "https://blackboard.com",
            "auth_url": "https://developer.blackboard.com/api/v1/gateway/oidcauth",
            "token_url": "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
            "jwks_url": "https://developer.blackboard.com/api/v1/management/applications/%s/jwks.json",
        },
    ),
    "d2l": (
        {"site": "learn.school.example/d2l/home"},
        {
            "issuer": "https://learn.school.example",
            "auth_url": "https://learn.school.example/d2l/lti/authenticate",
            "token_url": "https://auth.brightspace.com/core/connect/token",
            "token_audience": "https://api.brightspace.com/auth/token",
        },
    ),
    "schoology": ({}, {"issuer": "https://schoology.schoology.com"}),
    "other": (
        {
            "issuer": "https://lms.example",
            "auth_url": "https://lms.example/auth",
            "token_url": "https://lms.example/token",
            "jwks_url": "https://lms.example/jwks",
        },
        {"issuer": "https://lms.example", "token_audience": ""},
    ),
}


@pytest.mark.parametrize("family", ENTERED)
def test_a_platform_is_entered_with_what_its_family_does_not_know(
    as_officer: AsOfficer, family: str
) -> None:
    admin, client_id = as_officer("administrator"), new_id().hex
    given, wanted = ENTERED[family]
    fields = {**given, "client_id": client_id, "deployment_id": "d-1"}

    page = admin.post(admin.url("platform_new", family=family), fields)

    row = Registration.objects.get(client_id=client_id)
    assert page.url.path == admin.url("platform", platform=row.pk)
    assert (row.institution, row.family, row.source) == (admin.institution, family, "manual")
    for name, value in wanted.items():
        assert getattr(row, name) == value.replace("%s", client_id)
    deployment = row.deployment_set.get()
    assert (deployment.deployment_id, deployment.status) == ("d-1", Deployment.Status.ACTIVE)
    assert told_of(row) == ["platform.add"]


def test_a_self_hosted_canvas_needs_its_address(as_officer: AsOfficer) -> None:
    admin, client_id = as_officer("owner"), new_id().hex
    path = admin.url("platform_new", family="canvas")

    without = admin.post(path, {"environment": "own", "client_id": client_id})
    admin.post(
        path, {"environment": "own", "client_id": client_id, "site": "canvas.example/courses/7"}
    )

    assert (without.status_code, "address of your Canvas" in without.text) == (400, True)
    assert Registration.objects.get(client_id=client_id).issuer == "https://canvas.example"


def test_a_configuration_tells_the_addresses_and_speaks_for_them(
    as_officer: AsOfficer, registrar: Registrar
) -> None:
    admin = as_officer("owner")
    path = admin.url("platform_new", family="other")
    registrar.says(registrar.configuration(jwks_uri="https://keys.example/jwks"))

    admin.post(path, {"configuration_url": registrar.config_url, "client_id": "c"})
    wrong = admin.post(path, {"configuration_url": f"{registrar.url}/no", "client_id": "d"})

    row = Registration.objects.get(institution=admin.institution)
    assert (row.issuer, row.family) == (registrar.url, "moodle")
    assert row.jwks_url == "https://keys.example/jwks"
    assert (wrong.status_code, "answered 404" in wrong.text) == (400, True)


BAD = {
    "http": {"auth_url": "http://lms.example/auth"},
    "private": {"token_url": "https://10.1.2.3/token"},
    "nothing": {"jwks_url": ""},
    "another host": {"jwks_url": "https://elsewhere.example/jwks"},
    "a vendor's issuer": {"issuer": "https://canvas.instructure.com"},
    "no web address": {"issuer": "lms"},
    "a user": {"auth_url": "https://you@lms.example/auth"},
    "signed for another": {"token_audience": "https://elsewhere.example/token"},
}


@pytest.mark.parametrize("wrong", BAD)
def test_an_address_that_cannot_be_is_said_at_its_field(as_officer: AsOfficer, wrong: str) -> None:
    admin = as_officer("owner")
    fields = {**ENTERED["other"][0], "client_id": "c", **BAD[wrong]}

    page = admin.post(admin.url("platform_new", family="other"), fields)

    assert page.status_code == 400
    assert "errorlist" in page.text
    assert not Registration.objects.filter(institution=admin.institution).exists()


def test_a_client_id_of_others_is_neither_told_nor_taken_over(as_officer: AsOfficer) -> None:
    first, second = as_officer("owner"), as_officer("owner")
    client_id = new_id().hex
    fields = {"client_id": client_id, "deployment_id": "theirs"}
    first.post(first.url("platform_new", family="blackboard"), fields)
    row = Registration.objects.get(client_id=client_id)

    page = second.post(second.url("platform_new", family="blackboard"), fields)
    again = first.post(first.url("platform_new", family="blackboard"), fields)

    assert (page.status_code, "claim that installation in" in html.unescape(page.text)) == (
        400,
        True,
    )
    assert first.institution.slug not in page.text
    assert "You have registered this already" in again.text
    assert row.deployment_set.get().institution == first.institution
    assert second.get(second.url("platform", platform=row.pk)).status_code == 404


def test_nobody_asks_for_tokens_as_another_schools_client(as_officer: AsOfficer) -> None:
    first, second = as_officer("owner"), as_officer("owner")
    client_id = new_id().hex

    for who, site in ((first, "learn.one.example"), (second, "learn.two.example")):
        fields = {"site": site, "client_id": client_id.upper() if who is second else client_id}
        page = who.post(who.url("platform_new", family="d2l"), fields)

    row = Registration.objects.get(client_id__iexact=client_id)
    assert row.institution == first.institution
    assert (page.status_code, "knows this platform already" in page.text) == (400, True)


def test_what_may_be_changed_is_changed_and_nothing_else(as_officer: AsOfficer) -> None:
    admin = as_officer("administrator")
    row = a_platform(admin.institution)
    path = admin.url("platform_change", platform=row.pk)
    fields = {
        **{name: getattr(row, name) for name in ("name", "family", "client_id", *entry.ADDRESSES)},
        "name": "Moodle, new",
        "token_url": f"{row.issuer}/token2",
        "issuer": "https://elsewhere.example",
        "accepts_anonymous": "on",
    }

    admin.post(path, fields)
    wrong = admin.post(path, {**fields, "jwks_url": "https://elsewhere.example/jwks"})
    elsewhere = {**fields, "token_audience": "https://elsewhere.example/token"}
    assert "another host" in admin.post(path, elsewhere).text
    Registration.objects.filter(pk=row.pk).update(auth_url="https://told.example/auth")
    moved = {**fields, "auth_url": "https://told.example/auth"}
    moved["token_url"] = "https://told.example/token"  # as a configuration vouched for the other
    assert "another host" in admin.post(path, moved).text

    issuer = row.issuer
    row.refresh_from_db()
    assert (row.name, row.issuer, row.accepts_anonymous) == ("Moodle, new", issuer, True)
    assert (row.token_url, row.jwks_url) == (f"{issuer}/token2", f"{issuer}/jwks")
    assert (wrong.status_code, "another host" in wrong.text) == (400, True)
    assert told_of(row) == ["platform.change"]


def test_where_schools_share_a_client_nobody_approves_all_installations(
    as_officer: AsOfficer,
) -> None:
    admin = as_officer("owner")
    addresses = vars(entry.blackboard("c"))
    row = a_platform(admin.institution, family="blackboard", **addresses)
    path = admin.url("platform_change", platform=row.pk)
    names = ("name", "family", "client_id", *entry.ADDRESSES)

    page = admin.post(
        path,
        {
            **{name: getattr(row, name) for name in names},
            "auto_approve_deployments": "on",
            "family": "other",
        },
    )
    by_whole = {**addresses, "client_id": new_id().hex}
    admin.post(admin.url("platform_new", family="other"), by_whole)

    assert page.status_code == 200
    assert "auto_approve" not in admin.get(path).text
    row.refresh_from_db()
    assert (row.auto_approve_deployments, row.family) == (False, "blackboard")
    assert Registration.objects.get(client_id=by_whole["client_id"]).family == "blackboard"
    row.family = "other"
    assert row.only_institution() is None
    row.auto_approve_deployments = True  # as before it was shared, or by the staff site
    row.save()
    inbox.record(row, Launch(deployment_id="1", message_type="LtiResourceLinkRequest", roles=()))
    waiting = row.deployment_set.get()
    assert (waiting.status, waiting.institution) == (Deployment.Status.PENDING, None)


def test_a_platform_that_is_switched_off_lets_nobody_in_and_keeps_all(
    as_officer: AsOfficer,
) -> None:
    admin = as_officer("owner")
    row = a_platform(admin.institution)
    deployment = Deployment.objects.create(
        registration=row, deployment_id="1", institution=admin.institution
    )
    person = factories.a_user(admin.institution)
    LaunchSession.objects.create(
        deployment=deployment,
        user=person,
        role="student",
        message_type="LtiResourceLinkRequest",
        expires_at=row.created_at.replace(year=2100),
    )
    page = admin.url("platform", platform=row.pk)
    login = {
        "iss": row.issuer,
        "client_id": row.client_id,
        "login_hint": "1",
        "target_link_uri": f"{settings.PUBLIC_URL}/lti/launch",
    }

    off = admin.post(page, to=admin.url("platform_disable", platform=row.pk))
    refused = admin.http.post("/lti/login", data=login)
    on = admin.post(page, to=admin.url("platform_enable", platform=row.pk))

    assert "Switched off" in off.text
    assert (refused.status_code, "switched_off" in refused.text) == (403, True)
    assert "Switch off" in on.text
    assert LaunchSession.objects.get(deployment=deployment).revoked_at
    assert Registration.objects.get(pk=row.pk).active
    assert told_of(row) == ["platform.disable", "platform.enable"]


def test_a_platform_that_is_switched_off_meanwhile_stays_so_when_it_is_changed(
    as_officer: AsOfficer,
) -> None:
    admin = as_officer("owner")
    row = a_platform(admin.institution)
    by = factories.an_office(admin.institution).account_id
    held.disable(Registration.objects.get(pk=row.pk), by=by)

    held.change(row, {"name": "Another"}, by=by)
    held.disable(row, by=by)  # it is
    row.refresh_from_db()
    assert (row.name, row.active) == ("Another", False)

    held.enable(row, by=by)
    held.enable(row, by=by)
    assert told_of(row) == ["platform.disable", "platform.change", "platform.enable"]


def test_a_role_may_mean_something_else_here(as_officer: AsOfficer) -> None:
    admin = as_officer("owner")
    row = a_platform(admin.institution)
    path = admin.url("platform_roles", platform=row.pk)

    admin.post(path, {"uri": "urn:our:Tutor", "role": "ta"})
    bad = admin.post(path, {"uri": "urn:our:Tutor", "role": "king"})
    spaced = admin.post(path, {"uri": "a b", "role": "ta"})
    row.refresh_from_db()
    kept = row.roles
    admin.post(path, {"uri": "urn:our:Tutor", "remove": "1"})

    assert kept == {"urn:our:Tutor": "ta"}
    assert (bad.status_code, spaced.status_code) == (400, 400)
    assert Registration.objects.get(pk=row.pk).roles == {}


def test_a_platform_that_fetches_no_keys_is_shown_one_to_paste(as_officer: AsOfficer) -> None:
    admin = as_officer("owner")
    row = a_platform(admin.institution)
    page = admin.url("platform", platform=row.pk)

    shown = admin.post(page, to=admin.url("platform_key_own", platform=row.pk)).text
    pasted = admin.post(page, to=admin.url("platform_key_pasted", platform=row.pk)).text
    shared = admin.post(page, to=admin.url("platform_key_shared", platform=row.pk)).text

    assert "BEGIN PUBLIC KEY" in shown
    assert "PRIVATE" not in shown
    assert ("I pasted it there" in shown, "I pasted it there" in pasted) == (True, False)
    assert "BEGIN PUBLIC KEY" not in shared
    assert told_of(row) == ["platform.key"] * 3


@pytest.mark.parametrize("family", ["canvas", "moodle", "blackboard", "d2l", "other"])
def test_a_guide_has_every_value_and_makes_a_link_once(as_officer: AsOfficer, family: str) -> None:
    admin = as_officer("administrator")
    path = admin.url("platform_guide", family=family)

    page = admin.get(path).text
    made = admin.post(path)

    for end in ("/lti/login", "/lti/launch", "/lti/jwks"):
        assert f">{settings.PUBLIC_URL}{end}<" in page
    assert "context_history=$Context.id.history" in page
    links = LINK.findall(made.text)
    assert [bool(LINK.search(page)), len(links)] == [False, int(family != "blackboard")]
    for link in links:
        invite = invites.find(link.rpartition("/")[2])
        assert (invite.institution, invite.by_id) == (
            admin.institution,
            admin.office.account_id,
        )
    assert LINK.search(admin.get(admin.url("institution_platforms")).text) is None


def test_a_link_may_be_withdrawn_and_one_that_renews_names_its_platform(
    as_officer: AsOfficer,
) -> None:
    admin = as_officer("owner")
    row = a_platform(admin.institution)
    page = admin.url("platform", platform=row.pk)

    told = admin.post(page, to=admin.url("platform_renew", platform=row.pk))
    [link] = LINK.findall(told.text)
    invite = Invite.objects.get(secret_hash=digest(link.rpartition("/")[2]))
    listed = admin.get(admin.url("institution_platforms")).text
    admin.post(page, to=admin.url("invite_withdraw", invite=invite.pk))

    assert invite.renews == row
    assert f"To renew {row.name}" in listed
    assert not Invite.objects.filter(pk=invite.pk).exists()
    verbs = AuditEvent.objects.filter(object=invite.pk).order_by("created_at")
    assert [event.verb for event in verbs] == ["invite.make", "invite.withdraw"]


def test_a_new_installation_takes_the_place_of_an_old_one(as_officer: AsOfficer) -> None:
    admin = as_officer("owner")
    row = a_platform(admin.institution)
    active = {"institution": admin.institution, "status": Deployment.Status.ACTIVE}
    old = Deployment.objects.create(registration=row, deployment_id="old", **active)
    new = Deployment.objects.create(registration=row, deployment_id="new")
    elsewhere = factories.a_deployment()
    page = admin.url("platform", platform=row.pk)
    to = admin.url("platform_replace", platform=row.pk)

    claimed = {"institution": admin.institution, "status": Deployment.Status.PENDING}
    waits = Deployment.objects.create(registration=row, deployment_id="claimed", **claimed)

    refused = admin.post(page, {"new": new.pk, "old": elsewhere.pk}, to=to)
    by_claim = admin.post(page, {"new": waits.pk, "old": old.pk}, to=to)  # an operator's to open
    done = admin.post(page, {"new": new.pk, "old": old.pk}, to=to)
    again = admin.post(page, {"new": old.pk, "old": old.pk}, to=to)

    old.refresh_from_db()
    assert (refused.status_code, done.status_code) == (400, 200)
    assert (old.deployment_id, old.status) == ("new", Deployment.Status.ACTIVE)
    assert not Deployment.objects.filter(pk=new.pk).exists()
    assert all("does not wait any more" in page.text for page in (again, by_claim))
    assert Deployment.objects.filter(pk=waits.pk, status=Deployment.Status.PENDING).exists()


def test_where_schools_share_a_platform_each_sees_its_own_installations(
    as_officer: AsOfficer,
) -> None:
    admin = as_officer("owner")
    row = a_platform(admin.institution)
    named = {"mine": admin.institution, "theirs": factories.an_institution(), "nobodys": None}
    for name, school in named.items():
        Deployment.objects.create(registration=row, deployment_id=name, institution=school)

    page = admin.get(admin.url("platform", platform=row.pk)).text

    assert [f"<code>{name}</code>" in page for name in named] == [True, False, False]


def test_support_reads_and_changes_nothing_and_an_auditor_does_not_come_in(
    as_officer: AsOfficer,
) -> None:
    support = as_officer("support")
    auditor = as_officer("auditor", support.institution)
    row = a_platform(support.institution)
    page = support.url("platform", platform=row.pk)
    guide = support.url("platform_guide", family="moodle")

    assert "Switch it off" not in support.get(page).text
    assert "Make the link" not in support.get(guide).text
    assert support.post(support.url("institution_platforms"), to=guide).status_code == 403
    for name in ("platform_disable", "platform_renew", "platform_key_own", "platform_replace"):
        to = support.url(name, platform=row.pk)
        assert support.post(page, to=to).status_code == 403
    for name in ("platform_change", "platform_roles"):
        assert support.get(support.url(name, platform=row.pk)).status_code == 403
    assert support.get(support.url("platform_new", family="moodle")).status_code == 403
    assert auditor.get(page).status_code == 403


def test_another_schools_platform_is_not_there(as_officer: AsOfficer) -> None:
    admin = as_officer("owner")
    row = a_platform(factories.an_institution())
    shared = a_platform(factories.an_institution(), name="Everybody's Blackboard")
    Deployment.objects.create(registration=shared, deployment_id="1", institution=admin.institution)

    listed = admin.get(admin.url("institution_platforms")).text

    assert row.issuer not in listed
    assert "Everybody" in listed
    for one in (row, shared):
        page = admin.url("platform_guide", family="moodle")  # with a form, so with its token
        assert admin.get(admin.url("platform", platform=one.pk)).status_code == 404
        for name in ("platform_disable", "platform_renew", "platform_change", "platform_roles"):
            to = admin.url(name, platform=one.pk)
            assert admin.post(page, {"uri": "x", "role": "ta"}, to=to).status_code == 404
    assert Registration.objects.filter(pk__in=[row.pk, shared.pk], active=True).count() == 2
    assert admin.get(admin.url("platform_guide", family="nonsense")).status_code == 404
    assert admin.get(admin.url("platform_new", family="nonsense")).status_code == 404


def test_a_change_to_what_another_school_has_is_a_conflict_and_changes_nothing() -> None:
    school = factories.an_institution()
    theirs, ours = a_platform(factories.an_institution()), a_platform(school)
    at = {"token_url": theirs.token_url, "client_id": theirs.client_id}

    with pytest.raises(Conflict):
        held.change(ours, at, by=new_id())
    mine = a_platform(school, issuer=ours.issuer, token_url=ours.token_url)
    with pytest.raises(Conflict):
        held.change(
            mine, {"client_id": Registration.objects.get(pk=ours.pk).client_id}, by=new_id()
        )

    assert Registration.objects.get(pk=ours.pk).token_url != theirs.token_url
