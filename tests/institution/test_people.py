"""Who holds an office: invited by letter, changed and removed by owners, and never the last owner."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from tests import factories, people
from tests.conftest import Running
from tests.factories import PASSWORD
from tests.people import Browser, Letters
from tests.racing import at_once
from tutorai import people as rules
from tutorai.errors import InvitationOver, LastOwner, NotFound, TooMany
from tutorai.ids import new_id
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Institution
from tutorai.models import Account, Invitation, Office

AsOfficer = Callable[..., Browser]
LINK = re.compile(r"/sign-in/invitation/#(\S+)")


@pytest.fixture
def guest(tool: Running) -> Iterator[Browser]:
    """Somebody who is not signed in."""
    with people.browser(tool.url) as opened:
        yield opened


def invited(owner: Browser, email: str, role: str = "administrator") -> httpx.Response:
    """Fill in the form of the people page."""
    here = owner.url("institution_people")
    return owner.post(here, {"email": email, "role": role}, to=owner.url("people_invite"))


def an_address() -> str:
    return f"{new_id()}@example.edu"


def told(institution: Institution) -> list[str]:
    events = AuditEvent.objects.filter(institution=institution.pk).order_by("id")
    return [event.verb for event in events]


def secret(letters: Letters, address: str) -> str:
    """Return the secret of the last letter to somebody."""
    found = LINK.search(letters.to(address)[-1])
    assert found is not None
    return found[1]


def accept(guest: Browser, held: str, **password: str) -> httpx.Response:
    """Follow a letter's link, and choose a password."""
    guest.post("/sign-in/invitation/", {"secret": held})
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD, **password}
    return guest.post("/sign-in/invitation/accept/", chosen)


def test_an_invited_person_chooses_a_password_and_comes_to_the_second_factor(
    as_officer: AsOfficer, guest: Browser, letters: Letters
) -> None:
    owner, address = as_officer("owner"), an_address()

    page = invited(owner, address.upper(), "support")
    held = secret(letters, address)
    opened = guest.get("/sign-in/invitation/")  # as a scanner of mail does: uses nothing up
    weak = accept(guest, held, new_password1="short", new_password2="short")
    there = accept(guest, held)

    assert "on its way" in page.text
    assert address in page.text
    assert held not in opened.text
    assert "too short" in weak.text
    assert there.url.path == "/sign-in/second-factor/"
    office = Office.objects.get(account__email=address)
    assert (office.institution, office.role) == (owner.institution, "support")
    verbs = ["people.invite", "people.join", "account.sign_in"]
    assert told(owner.institution) == verbs
    events = AuditEvent.objects.filter(institution=owner.institution.pk)
    assert address not in str(list(events.values()))
    row = Invitation.objects.get(email=address)
    assert (row.accepted_by, row.invited_by) == (office.account, owner.office.account)


def test_an_invitation_works_once_for_seven_days_and_not_when_withdrawn(
    as_officer: AsOfficer, guest: Browser, letters: Letters, tool: Running
) -> None:
    owner = as_officer("owner")
    late, gone, used, resent = (an_address() for _ in range(4))
    for address in (late, gone, used, resent):
        invited(owner, address)
    Invitation.objects.filter(email=late).update(expires_at=timezone.now() - timedelta(seconds=1))
    here = owner.url("institution_people")
    row = Invitation.objects.get(email=gone)
    owner.post(here, to=owner.url("people_revoke", invitation=row.pk))
    first = secret(letters, resent)
    row = Invitation.objects.get(email=resent)
    owner.post(here, to=owner.url("people_again", invitation=row.pk))
    assert accept(guest, secret(letters, used)).status_code == 200

    over = [secret(letters, late), secret(letters, gone), secret(letters, used), first, "", "x"]
    with people.browser(tool.url) as other:
        answers = [other.post("/sign-in/invitation/", {"secret": each}) for each in over]
        again = other.post("/sign-in/invitation/", {"secret": secret(letters, resent)})

    assert {answer.status_code for answer in answers} == {410}
    assert "holds no longer" in answers[0].text
    assert again.url.path == "/sign-in/invitation/accept/"


def test_who_has_an_account_accepts_with_it_and_nobody_else_can(
    as_officer: AsOfficer, guest: Browser, letters: Letters, tool: Running
) -> None:
    owner, known = as_officer("owner"), factories.an_account()
    invited(owner, known.email, "auditor")
    held = secret(letters, known.email)

    asked = guest.post("/sign-in/invitation/", {"secret": held})
    taken = guest.post("/sign-in/", to="/sign-in/invitation/accept/")
    with people.account(tool.url, factories.an_account()) as other:
        wrong = accept(other, held)
    assert not Office.objects.filter(institution=owner.institution, account=known).exists()
    with people.account(tool.url, known) as browser:
        browser.post("/sign-in/invitation/", {"secret": held})
        there = browser.post("/sign-in/invitation/accept/")

    assert "There is an account with this address" in asked.text
    assert "There is an account with this address" in taken.text
    assert "signed in with another address" in wrong.text
    assert there.url.path == owner.url("institution_home")
    assert Office.objects.get(institution=owner.institution, account=known).role == "auditor"


def test_nobody_is_invited_twice_and_a_wrong_address_is_refused(as_officer: AsOfficer) -> None:
    owner = as_officer("owner")

    assert "has an office here" in invited(owner, owner.office.account.email.upper()).text
    assert "valid email" in invited(owner, "no address").text
    assert invited(owner, an_address(), "king").status_code == 400
    assert not Invitation.objects.filter(institution=owner.institution).exists()


def a_colleague(owner: Browser, role: str) -> Office:
    return factories.an_office(owner.institution, Office.Role(role))


def test_an_owner_changes_and_removes_offices_and_an_account_goes_with_its_last(
    as_officer: AsOfficer,
) -> None:
    owner = as_officer("owner")
    here, one, two = (
        owner.url("institution_people"),
        a_colleague(owner, "support"),
        a_colleague(owner, "auditor"),
    )
    elsewhere = factories.an_office(account=two.account)
    for school in (owner.institution, elsewhere.institution):
        told_by = {"provider": str(school.pk), "uid": str(two.account_id)}
        SocialAccount.objects.create(user=two.account, **told_by)

    owner.post(here, {"role": "administrator"}, to=owner.url("people_change", office=one.pk))
    one.refresh_from_db()
    assert one.role == "administrator"
    for office in (one, two):
        owner.post(here, to=owner.url("people_remove", office=office.pk))

    assert list(Office.objects.filter(institution=owner.institution)) == [owner.office]
    assert not Account.objects.filter(pk=one.account_id).exists()
    assert Office.objects.filter(pk=elsewhere.pk).exists()
    vouching = SocialAccount.objects.filter(user=two.account).values_list("provider", flat=True)
    assert list(vouching) == [str(elsewhere.institution_id)]
    assert told(owner.institution) == ["people.role", "people.remove", "people.remove"]


def test_the_last_owner_stays_and_the_second_last_goes_only_when_one_is_sure(
    as_officer: AsOfficer,
) -> None:
    owner = as_officer("owner")
    second = a_colleague(owner, "owner")
    here = owner.url("institution_people")
    away = owner.url("people_remove", office=second.pk)
    demote = owner.url("people_change", office=second.pk)

    assert owner.post(here, to=away).status_code == 409
    asked = owner.post(here, {"role": "support"}, to=demote)
    assert "Are you sure?" in asked.text
    assert Office.objects.get(pk=second.pk).role == "owner"
    owner.post(here, {"role": "support", "sure": "1"}, to=demote)
    assert Office.objects.get(pk=second.pk).role == "support"

    for act, fields in (("people_remove", {}), ("people_change", {"role": "auditor"})):
        url = owner.url(act, office=owner.office.pk)
        refused = owner.post(here, {**fields, "sure": "1"}, to=url)
        assert "needs an owner" in refused.text
    assert Office.objects.get(pk=owner.office.pk).role == "owner"


@pytest.mark.parametrize("role", ["administrator", "support", "auditor"])
def test_only_owners_change_people_and_only_auditors_beside_them_see_them(
    as_officer: AsOfficer, role: str
) -> None:
    someone = as_officer(role)
    other = a_colleague(someone, "owner")
    here = someone.url("institution_people")
    home = someone.url("institution_home")

    seen = someone.get(here)
    answers = [
        someone.post(home, {"email": an_address()}, to=someone.url("people_invite")),
        someone.post(home, {"role": "support"}, to=someone.url("people_change", office=other.pk)),
        someone.post(home, to=someone.url("people_remove", office=other.pk)),
        someone.get(someone.url("institution_sign_in")),
    ]

    assert seen.status_code == (200 if role == "auditor" else 403)
    assert {answer.status_code for answer in answers} == {403}
    assert someone.get(someone.url("institution_audit")).status_code == seen.status_code


def test_no_page_or_act_reaches_another_institution(as_officer: AsOfficer) -> None:
    owner, other = as_officer("owner"), as_officer("owner")
    theirs = a_colleague(other, "support")
    invited(other, an_address())
    invitation = Invitation.objects.get(institution=other.institution).pk
    here = owner.url("institution_people")

    pages = ("people", "sign_in", "audit", "home")
    got = [owner.get(other.url(f"institution_{name}")) for name in pages]
    acts: list[tuple[str, dict[str, Any]]]
    acts = [("people_remove", {"office": theirs.pk}), ("people_revoke", {"invitation": invitation})]
    by_theirs = [owner.post(here, to=other.url(act, **parts)) for act, parts in acts]
    by_ours = [owner.post(here, to=owner.url(act, **parts)) for act, parts in acts]

    assert {answer.status_code for answer in [*got, *by_theirs, *by_ours]} == {404}
    assert Office.objects.filter(pk=theirs.pk).exists()
    assert Invitation.objects.get(pk=invitation).revoked_at is None


def test_a_form_without_its_token_does_nothing(as_officer: AsOfficer) -> None:
    owner = as_officer("owner")

    answer = owner.http.post(owner.url("people_invite"), data={"email": an_address()})

    assert answer.status_code == 403
    assert "load the page again" in answer.text


def test_the_record_is_read_page_by_page_with_the_names_of_those_here(
    as_officer: AsOfficer,
) -> None:
    auditor = as_officer("auditor")
    rows = [
        AuditEvent(
            institution=auditor.institution.pk,
            actor_kind="account",
            actor=auditor.office.account_id,
            verb="people.invite",
        )
        for _ in range(101)
    ]
    AuditEvent.objects.bulk_create(rows)
    here = auditor.url("institution_audit")

    first = auditor.get(here).text
    found = re.search(r"\?before=([\w-]+)", first)
    assert found is not None
    rest = auditor.get(f"{here}?before={found[1]}").text

    assert first.count("<code>people.invite</code>") == 100
    assert rest.count("<code>people.invite</code>") == 1
    assert auditor.office.account.email in rest
    assert [auditor.get(f"{here}?before={each}").status_code for each in ("x", new_id())] == [
        404
    ] * 2


def test_two_owners_who_remove_each_other_at_the_same_moment_leave_one() -> None:
    first = factories.an_office()
    both = [first, factories.an_office(first.institution)]

    def remove(number: int) -> str:
        other = both[1 - number].pk
        try:
            rules.remove(first.institution, other, by=both[number].account_id, sure=True)
        except (LastOwner, NotFound) as error:
            return error.code
        return "removed"

    answers = at_once(2, remove)

    assert sorted(answers) == ["last_owner", "removed"]
    assert rules.owners(first.institution.pk) == 1


def test_an_invitation_that_two_accept_at_the_same_moment_makes_one_account() -> None:
    school, address = factories.an_institution(), an_address()
    row, _secret = rules.invite(school, address, Office.Role.SUPPORT)

    def join(number: int) -> str:
        try:
            rules.join_as_new(row.pk, None)
        except InvitationOver as error:
            return error.code
        return "joined"

    assert sorted(at_once(4, join)) == ["invitation_over"] * 3 + ["joined"]
    assert Office.objects.filter(institution=school).count() == 1


def test_invitations_are_forgotten_a_month_after_their_end() -> None:
    school = factories.an_institution()
    old, _secret = rules.invite(school, an_address(), Office.Role.SUPPORT)
    new, _secret = rules.invite(school, an_address(), Office.Role.SUPPORT)
    ago = timezone.now() - timedelta(days=31)
    Invitation.objects.filter(pk=old.pk).update(expires_at=ago)

    rules.tidy()

    assert list(Invitation.objects.filter(institution=school)) == [new]


def test_an_institution_has_so_many_invitations_open_and_no_more() -> None:
    school = factories.an_institution()
    for number in range(rules.WAITING):
        rules.invite(school, f"{number}-{an_address()}", Office.Role.SUPPORT)

    with pytest.raises(TooMany):
        rules.invite(school, an_address(), Office.Role.SUPPORT)


def test_an_owner_who_steps_down_comes_to_a_page_that_is_still_open(
    as_officer: AsOfficer,
) -> None:
    owner = as_officer("owner")
    for _ in range(2):
        a_colleague(owner, "owner")
    url = owner.url("people_change", office=owner.office.pk)

    there = owner.post(owner.url("institution_people"), {"role": "administrator"}, to=url)

    assert (there.status_code, there.url.path) == (200, owner.url("institution_home"))
    assert "The office is changed." in there.text
