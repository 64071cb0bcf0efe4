"""A school's own sign-in: set by its owner, linked by each person, and open to that school alone."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.db import connection

from tests import factories, people
from tests.conftest import Running
from tests.institution.provider import Provider
from tests.people import Browser, a_code
from tutorai import crypto
from tutorai import people as offices
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Institution
from tutorai.models import Account, IdentityProvider, Office
from tutorai.web.signin.schools import discover

AsOfficer = Callable[..., Browser]
AWAY = re.compile(r'http-equiv="refresh" content="0;url=([^"]+)"')
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    server = Provider()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The school's provider, with somebody new at it."""
    running.sub = str(new_id())
    running.spoil, running.claims = {}, {}
    running.asked.clear()
    return running


def filled(provider: Provider, **fields: str) -> dict[str, str]:
    """The form of the sign-in page, as an owner fills it."""
    told = {"name": "School login", "issuer": provider.issuer, "client_id": provider.client_id}
    return {**told, "client_secret": provider.client_secret, **fields}


def a_school(
    provider: Provider, institution: Institution | None = None, **fields: Any
) -> IdentityProvider:
    secret = crypto.encrypt(provider.client_secret, purpose="oidc-client")
    told = {"name": "School login", "issuer": provider.issuer, "client_id": provider.client_id}
    institution = institution or factories.an_institution()
    return IdentityProvider.objects.create(
        institution=institution, client_secret=secret, **{**told, **fields}
    )


def linked(school: IdentityProvider, provider: Provider, **office: Any) -> Office:
    """Somebody of that school whose account is linked."""
    held = factories.an_office(school.institution, **office)
    told = {"provider": str(school.institution_id), "uid": provider.sub}
    SocialAccount.objects.create(user=held.account, **told)
    return held


def come(browser: Browser, school: IdentityProvider, provider: Provider, to: str = "") -> Any:
    """Click the school's button, sign in there, and come back."""
    begun = f"/sign-in/school/{school.institution_id}/{to}"
    page = browser.post("/sign-in/" if not to else "/sign-in/security/", to=begun)
    found = AWAY.search(page.text)
    return browser.get(provider.sign_in(unescape(found[1]))) if found else page


@pytest.fixture
def guest(tool: Running) -> Iterator[Browser]:
    """Somebody who is not signed in."""
    with people.browser(tool.url) as opened:
        yield opened


def test_an_owner_sets_it_and_its_secret_never_comes_out(
    as_officer: AsOfficer, provider: Provider
) -> None:
    owner = as_officer("owner")
    here = owner.url("institution_sign_in")

    page = owner.post(here, filled(provider, asks_second_factor="on"))
    row = IdentityProvider.objects.get(institution=owner.institution)
    again = owner.post(here, filled(provider, client_secret="", name="Login"))

    row.refresh_from_db()
    assert "The sign-in is set" in page.text
    assert f"/sign-in/school/{owner.institution.pk}/back/" in page.text
    assert (row.name, row.asks_second_factor) == ("Login", False)
    assert crypto.decrypt(row.client_secret, purpose="oidc-client") == provider.client_secret
    assert provider.client_secret not in page.text + again.text
    events = AuditEvent.objects.filter(institution=owner.institution.pk).order_by("id")
    assert [event.verb for event in events] == [
        "sign_in.set",
        "sign_in.declare",
        "sign_in.set",
        "sign_in.withdraw",
    ]


@pytest.mark.parametrize(
    ("spoil", "fields", "words"),
    [
        ({}, {"issuer": "https://10.0.0.1"}, "private address"),
        ({}, {"issuer": "http://idp.example.edu"}, "start with https"),
        ({}, {"issuer": "nonsense"}, "web address"),
        ({}, {"client_secret": ""}, "required"),
        ({"status": 500}, {}, "HTTP 500"),
        ({"raw": b"<html>"}, {}, "JSON"),
        ({"raw": b"[]"}, {}, "issuer"),
        ({"raw": b"x" * 600_000}, {}, "larger than"),
        ({"configuration": {"issuer": "https://another.example"}}, {}, "issuer"),
        ({"configuration": {"token_endpoint": None}}, {}, "token_endpoint"),
        ({"configuration": {"token_endpoint": "https://169.254.169.254/"}}, {}, "private address"),
    ],
    ids=[
        "private",
        "plain http",
        "no address",
        "no secret",
        "failing",
        "html",
        "list",
        "large",
        "another issuer",
        "no token endpoint",
        "private endpoint",
    ],
)
def test_a_provider_that_cannot_be_used_is_refused_in_words_and_nothing_is_kept(
    as_officer: AsOfficer,
    provider: Provider,
    spoil: dict[str, Any],
    fields: dict[str, str],
    words: str,
) -> None:
    owner = as_officer("owner")
    provider.spoil = spoil

    page = owner.post(owner.url("institution_sign_in"), filled(provider, **fields))

    assert page.status_code == 400
    assert words in unescape(page.text)
    assert not IdentityProvider.objects.filter(institution=owner.institution).exists()


def test_a_linked_person_signs_in_and_is_asked_for_our_second_factor(
    guest: Browser, provider: Provider
) -> None:
    school = a_school(provider)
    office = linked(school, provider)
    TOTP.activate(office.account, SECRET)
    home = f"/institution/{school.institution.slug}/"

    offered = guest.get(home)
    asked = come(guest, school, provider)
    there = guest.post("/sign-in/code/", {"code": a_code(SECRET)})

    assert "School login" in offered.text
    assert asked.url.path == "/sign-in/code/"
    assert there.url.path == home


def test_where_the_school_asks_for_a_second_factor_ours_is_spared_for_that_school_alone(
    guest: Browser, provider: Provider
) -> None:
    school = a_school(provider, asks_second_factor=True)
    office = linked(school, provider)
    account = office.account
    Account.objects.filter(pk=account.pk).update(is_staff=True, is_superuser=True)
    other = factories.an_office(account=account)

    come(guest, school, provider)
    here = guest.get(f"/institution/{school.institution.slug}/")
    there = guest.get(f"/institution/{other.institution.slug}/")
    staff = guest.get("/admin/")
    IdentityProvider.objects.filter(pk=school.pk).update(asks_second_factor=False)

    assert here.status_code == 200
    assert (there.status_code, staff.status_code) == (403, 403)
    assert "through another institution" in there.text
    assert "second-factor" in guest.get(f"/institution/{school.institution.slug}/").url.path


def test_an_equal_address_opens_nothing(guest: Browser, provider: Provider) -> None:
    school = a_school(provider)
    office = factories.an_office(school.institution)
    provider.claims = {"email": office.account.email, "email_verified": True}

    page = come(guest, school, provider)

    assert "not linked to an account" in page.text
    assert not SocialAccount.objects.filter(user=office.account).exists()
    assert guest.get("/institution/").url.path == "/sign-in/"


def test_a_person_links_it_and_unlinks_it_on_their_security_page(
    tool: Running, provider: Provider
) -> None:
    school = a_school(provider)
    office = factories.an_office(school.institution, Office.Role.SUPPORT)
    provider.claims = {"name": "Ada Lovelace", "email": "ada@example.edu"}
    stranger = a_school(provider)
    with people.account(tool.url, office.account, office) as browser:
        come(browser, school, provider, "link/")
        row = SocialAccount.objects.get(user=office.account)
        refused = come(browser, stranger, provider, "link/")
        with people.browser(tool.url) as guest:
            came = come(guest, school, provider)
        unlink = f"/sign-in/school/{school.institution_id}/unlink/"
        browser.post("/sign-in/security/", to=unlink)

    assert (row.provider, row.uid) == (str(school.institution_id), provider.sub)
    assert row.extra_data == {}
    assert refused.status_code == 404
    assert came.url.path == "/sign-in/second-factor/"
    assert not SocialAccount.objects.filter(user=office.account).exists()
    events = AuditEvent.objects.filter(institution=school.institution_id).order_by("id")
    assert [event.verb for event in events] == ["account.link", "account.sign_in", "account.unlink"]


def test_an_invitation_is_accepted_with_the_schools_sign_in(
    guest: Browser, provider: Provider
) -> None:
    school = a_school(provider, asks_second_factor=True)
    address = f"{new_id()}@example.edu"
    _row, secret = offices.invite(school.institution, address, Office.Role.OWNER)

    guest.post("/sign-in/invitation/", {"secret": secret})
    there = come(guest, school, provider)

    account = Account.objects.get(email=address)
    assert there.url.path == f"/institution/{school.institution.slug}/"
    assert not account.has_usable_password()
    assert SocialAccount.objects.get(user=account).uid == provider.sub
    # A passkey would open more than the school's sign-in does.
    assert "Set a password first" in guest.get("/sign-in/security/passkey/").text


def test_another_issuer_or_client_ends_every_link(
    as_officer: AsOfficer, provider: Provider
) -> None:
    owner = as_officer("owner")
    school = a_school(provider, owner.institution)
    linked(school, provider)
    here = owner.url("institution_sign_in")

    owner.post(here, filled(provider, name="Another name"))
    assert SocialAccount.objects.filter(provider=str(owner.institution.pk)).exists()
    IdentityProvider.objects.filter(pk=school.pk).update(issuer="https://before.example")
    told = owner.post(here, filled(provider, client_secret=""))
    assert (told.status_code, "required" in told.text) == (400, True)  # it was another issuer's
    IdentityProvider.objects.filter(pk=school.pk).update(issuer=provider.issuer)
    owner.post(here, filled(provider, client_id="another"))
    assert not SocialAccount.objects.filter(provider=str(owner.institution.pk)).exists()
    owner.post(here, to=owner.url("sign_in_remove"))
    assert not IdentityProvider.objects.filter(institution=owner.institution).exists()


@pytest.mark.parametrize(
    ("claims", "spoil"),
    [
        ({"iss": "https://another.example"}, {}),
        ({"aud": "another"}, {}),
        ({"exp": 1}, {}),
        ({"sub": None}, {}),
        ({}, {"token": {"id_token": "x.y.z"}}),
        ({}, {"token": {"id_token": 7}}),
        ({}, {"token": {"access_token": None, "id_token": None}}),
    ],
    ids=["issuer", "audience", "expired", "no sub", "no token", "a number", "nothing"],
)
def test_a_wrong_answer_of_the_school_signs_nobody_in(
    guest: Browser, provider: Provider, claims: dict[str, Any], spoil: dict[str, Any]
) -> None:
    school = a_school(provider, asks_second_factor=True)
    linked(school, provider)
    provider.claims, provider.spoil = claims, spoil

    page = come(guest, school, provider)

    assert page.status_code in {401, 502}
    assert "sign-in" in page.text
    assert guest.get("/institution/").url.path == "/sign-in/"


def test_a_code_works_for_the_browser_that_asked_and_once(
    guest: Browser, provider: Provider, tool: Running
) -> None:
    school = a_school(provider, asks_second_factor=True)
    linked(school, provider)
    page = guest.post("/sign-in/", to=f"/sign-in/school/{school.institution_id}/")
    found = AWAY.search(page.text)
    assert found is not None
    back = provider.sign_in(unescape(found[1]))

    with people.browser(tool.url) as other:
        stolen: httpx.Response = other.get(back)
    assert stolen.status_code == 401
    assert guest.get(back).status_code == 200
    assert guest.get(back).status_code == 401
    cancelled = guest.get(back.partition("?")[0] + "?error=access_denied&state=x")
    assert cancelled.status_code == 401


def test_our_secret_follows_no_redirect_of_the_school(guest: Browser, provider: Provider) -> None:
    school = a_school(provider, asks_second_factor=True)
    linked(school, provider)
    page = guest.post("/sign-in/", to=f"/sign-in/school/{school.institution_id}/")
    found = AWAY.search(page.text)
    assert found is not None
    back = provider.sign_in(unescape(found[1]))
    provider.spoil = {"location": f"{provider.issuer}/elsewhere"}

    assert guest.get(back).status_code == 401
    assert "/elsewhere" not in provider.asked


def test_no_connection_to_the_database_is_held_while_a_school_thinks(provider: Provider) -> None:
    connection.ensure_connection()

    discover(provider.issuer)

    assert connection.connection is None


def test_an_unknown_school_is_not_there(guest: Browser) -> None:
    nobody = factories.an_institution().pk

    assert guest.post("/sign-in/", to=f"/sign-in/school/{nobody}/").status_code == 404
    assert guest.get(f"/sign-in/school/{nobody}/back/?code=1&state=2").status_code == 404
