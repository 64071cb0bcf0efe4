"""The diagnose page shows an institution its own launches, masked, and says what to do."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from lti import heard, keys, notices, seen
from lti.claims import GRADES, ROSTER
from lti.models import Deployment, LaunchState, Registration
from lti.registration.ours import NEEDED
from lti.strays import MOST
from tests import factories
from tests.lti.platform import Begun, Launched, Platform, http
from tests.people import Browser
from tutorai.ids import new_id

AsOfficer = Callable[..., Browser]


@pytest.fixture
def look(platform: Platform, as_officer: AsOfficer) -> Callable[..., str]:
    """Return a function that opens the page as that school's support."""
    who = as_officer("support", platform.registration.institution)

    def page(query: str = "") -> str:
        answer = who.get(who.url("institution_diagnose") + query)
        assert answer.status_code == 200
        return unescape(answer.text)

    return page


def late(platform: Platform, seconds: int) -> Launched:
    """Launch from a platform whose clock is that much ahead."""
    begun = platform.login()
    now = int(timezone.now().timestamp()) + seconds
    token = platform.sign(platform.claims(begun, iat=now, exp=now + 300))
    return Launched(begun, platform.post(begun, token))


def test_launches_are_shown_masked_with_what_to_do(
    platform: Platform, look: Callable[..., str]
) -> None:
    platform.launch(custom={"due": "$ResourceLink.x", "mail": "ada@school.example"})
    told = look()

    assert "do not offer the gradebook" in told
    assert "$ResourceLink.x" in told
    assert "The last launch" in told
    assert "worked" in told
    assert not [one for one in ("Ada", "Lovelace", "ada@school", "person-1") if one in told]


def test_rights_are_shown_as_registered_launched_and_granted(
    platform: Platform, look: Callable[..., str]
) -> None:
    claims = {
        GRADES: {"lineitems": "https://x.example/items", "scope": list(NEEDED[:4])},
        ROSTER: {"context_memberships_url": "https://x.example/people"},
    }
    begun = platform.login()
    platform.post(begun, platform.sign({**platform.claims(begun), **claims}))
    assert "not said" in look()

    row = platform.registration
    Registration.objects.filter(pk=row.pk).update(scopes=list(NEEDED[:4]))
    heard.remember(row.pk, "", NEEDED[1:], NEEDED[:1])
    assert "does not grant: lineitem." in look()
    heard.remember(row.pk, "", NEEDED)
    heard.remember(row.pk, "", [notices.SCOPE])  # for something else: of the others it says nothing
    told = look()
    assert "All that Tutor.AI needs is there." in told
    assert "granted" in told
    assert "missing" in told

    heard.remember(row.pk, "key_unknown")
    assert "does not know the key" in look()
    keys.give(row)
    assert "waits to be pasted" in look()


def test_a_clock_that_is_off_is_seen_though_the_launch_was_refused(
    platform: Platform, look: Callable[..., str]
) -> None:
    assert late(platform, 95).refused(401, "invalid_token")

    assert re.search(r"9\d s ahead of ours", look())


def test_a_support_id_finds_the_launch_in_its_own_institution_alone(
    platform: Platform, look: Callable[..., str], as_officer: AsOfficer
) -> None:
    code = platform.launch(version="1.1").begun.row.support_id
    stranger = as_officer("owner")

    assert "Set the tool up as LTI 1.3" in look(f"?support=%20{code.lower()}")
    page = stranger.get(f"{stranger.url('institution_diagnose')}?support={code}").text
    assert "No launch of the last 30 days" in page
    assert "No launch of the last 30 days" in look("?support=%00")


def test_what_failed_before_an_installation_was_known_is_shown_under_its_platform(
    platform: Platform, look: Callable[..., str]
) -> None:
    platform.launch(header={"kid": None})

    told = look()

    assert "came before an installation was known" in told
    assert "missing_kid" in told


# --- logins that could not begin ------------------------------------------------------------------


def strayed(platform: Platform, **given: str) -> str:
    """Send a login that begins nothing; return its page."""
    return http("POST", f"{platform.tool.url}/lti/login", data=platform.login_with(**given)).text


def test_a_login_with_a_client_nobody_registered_is_shown_where_the_issuer_is_one_schools(
    platform: Platform, look: Callable[..., str]
) -> None:
    for _ in range(MOST + 3):
        strayed(platform, client_id="another")

    told = look()

    assert "client ID that is not registered" in told
    assert "another" in told
    kept = LaunchState.objects.filter(registration=platform.registration, nonce="")
    assert kept.count() == MOST


def test_a_login_for_an_address_that_is_not_ours_is_shown(
    platform: Platform, look: Callable[..., str]
) -> None:
    strayed(platform, target_link_uri="https://other.example/x?who=ada")

    told = look()
    assert "must be Tutor.AI's" in told
    assert "https://other.example/x" in told
    assert "who=ada" not in told


@pytest.mark.parametrize(
    "given", [{"iss": "https://nobody.example"}, {"iss": "x\x00"}], ids=["nobody", "no text"]
)
def test_a_login_of_a_platform_nobody_knows_is_kept_nowhere(
    platform: Platform, given: dict[str, str]
) -> None:
    before = LaunchState.objects.count()

    assert strayed(platform, **given)
    assert LaunchState.objects.count() == before


def test_a_login_that_may_be_several_schools_is_kept_nowhere(platform: Platform) -> None:
    registration = Registration.objects.get(pk=platform.registration.pk)
    registration.pk, registration.client_id, registration.login_slug = None, "two", new_id().hex
    registration.save()

    strayed(platform, client_id="three")

    assert not LaunchState.objects.filter(
        failure="unknown_client", registration__issuer=(platform.issuer)
    ).exists()


def test_logins_that_never_come_back_are_said(platform: Platform, look: Callable[..., str]) -> None:
    begun: list[Begun] = [platform.login() for _ in range(3)]
    nonces = [one.nonce for one in begun]
    ago = timezone.now() - timedelta(minutes=20)
    LaunchState.objects.filter(nonce__in=nonces).update(created_at=ago)

    assert "3 logins of the last hour" in look()
    Deployment.objects.filter(registration=platform.registration).update(institution=None)
    Deployment.objects.filter(registration=platform.registration).delete()
    assert "3 logins of the last hour" in look()


# --- whose they are ---------------------------------------------------------------------------------


def test_a_shared_platforms_launches_are_shown_to_the_school_of_their_installation_alone(
    platform: Platform, as_officer: AsOfficer
) -> None:
    school = platform.registration.institution
    theirs = Deployment.objects.create(
        registration=platform.registration,
        deployment_id="theirs",
        institution=factories.an_institution(),
        status=Deployment.Status.ACTIVE,
    )
    platform.launch(deployment_id="theirs")
    failed = platform.launch(header={"kid": None}).begun.row.support_id
    one, other = as_officer("owner", school), as_officer("support", theirs.institution)

    ours = one.get(f"{one.url('institution_diagnose')}?support={failed}").text
    assert "theirs" not in ours
    assert "No launch of the last 30 days" in ours
    assert "theirs" in other.get(other.url("institution_diagnose")).text


def test_of_many_installations_the_last_used_are_shown_and_the_others_have_a_link(
    platform: Platform, look: Callable[..., str]
) -> None:
    for n in range(6):
        Deployment.objects.create(
            registration=platform.registration,
            deployment_id=f"number {n}",
            institution=platform.registration.institution,
            status=Deployment.Status.ACTIVE,
        )
    platform.launch(deployment_id="number 0")
    rows = seen.deployments(platform.registration.institution or factories.an_institution())

    told = look()
    assert rows[0].deployment_id == "number 0"
    assert "Other installations" in told
    assert f"?of={rows[-1].pk}" in told
    assert f'id="d{rows[-1].pk}"' in look(f"?of={rows[-1].pk}")


def test_a_waiting_installation_leads_to_the_inbox_for_who_may_decide(
    platform: Platform, look: Callable[..., str], as_officer: AsOfficer
) -> None:
    platform.launch(deployment_id="new")
    admin = as_officer("administrator", platform.registration.institution)

    assert "Decide on it" in admin.get(admin.url("institution_diagnose")).text
    assert "Decide on it" not in look()


def test_who_looks_after_no_platform_sees_none(as_officer: AsOfficer) -> None:
    owner, auditor = as_officer("owner"), as_officer("auditor")

    assert "Nothing is installed yet" in owner.get(owner.url("institution_diagnose")).text
    assert auditor.get(auditor.url("institution_diagnose")).status_code == 403
