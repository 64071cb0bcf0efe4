"""Our keys change, and theirs: no launch and no call fails for it."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import jwt
import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from lti import heard, keys, service_tokens
from lti.models import Registration, ToolKey
from tests import factories
from tests.conftest import Running
from tests.lti.platform import Platform, http, jwk, private_key
from tests.lti.scripted import SCOPES, Answer, Place
from tests.racing import at_once
from tutorai import crypto, key_alerts
from tutorai.errors import KeyUnknown
from tutorai.ledger.models import Alarm
from tutorai.tasks import turn_keys

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _keys_of_its_own() -> Iterator[None]:
    """Each test begins with no keys, and leaves those of other tests as they were."""
    before = list(ToolKey.objects.all())
    ToolKey.objects.all().delete()
    yield
    ToolKey.objects.all().delete()
    ToolKey.objects.bulk_create(before)


def later(by: timedelta) -> None:
    """Let `by` pass, as our keys see it."""
    for row in ToolKey.objects.all():
        times = {"created_at": row.created_at, "signs_from": row.signs_from}
        times |= {"retires_at": row.retires_at}
        moved = {name: at - by for name, at in times.items() if at}
        ToolKey.objects.filter(pk=row.pk).update(**moved)


def signer() -> str:
    """Return the kid that signs."""
    return keys.signing(factories.a_deployment().registration)[0]


def published() -> list[str]:
    return [one["kid"] for one in keys.jwks()["keys"]]


class Keeper:
    """What a platform does with our keys: keep them a day, whatever happens meanwhile."""

    def __init__(self, tool: Running) -> None:
        self.url = f"{tool.url}/lti/jwks"
        self.held: dict[str, Any] = {}
        self.age = DAY

    def passes(self, by: timedelta) -> None:
        self.age += by
        later(by)

    def accepts(self, assertion: str) -> bool:
        """Check a signature with what is held; fetched anew after a day only."""
        if self.age >= DAY:
            told = http("GET", self.url).json()["keys"]
            self.held, self.age = {one["kid"]: one for one in told}, timedelta()
        key = self.held[jwt.get_unverified_header(assertion)["kid"]]
        return bool(jwt.decode(assertion, jwt.PyJWK(key), ["RS256"], {"verify_aud": False}))


def test_no_call_and_no_launch_fails_while_our_key_changes(
    tool: Running, platform: Platform, place: Place
) -> None:
    keeper, token, signed = Keeper(tool), "", []
    for hours in (0, 23, 24 * 26, 24, 24, 12, 11, 1, 24, 24 * 6, 25, 24 * 21, 24, 24, 24 * 7):
        keeper.passes(hours * HOUR)
        turn_keys()
        token = service_tokens.current(place.registration, SCOPES, instead_of=token).value
        assertion = place.asked("/token")[-1].form["client_assertion"]
        assert keeper.accepts(assertion)
        signed.append(jwt.get_unverified_header(assertion)["kid"])
        assert platform.launch().role == "student"

    assert len(set(signed)) == 3
    assert ToolKey.objects.filter(private_key="").count() == 2


def test_a_key_is_published_signs_and_retires_by_the_clock_alone() -> None:
    first = signer()
    assert keys.rotate() is None
    later(29 * DAY)
    second = keys.rotate()
    assert second is not None
    assert keys.rotate() is None  # one waits already

    assert (signer(), len(published())) == (first, 2)
    later(keys.AHEAD)
    assert (signer(), len(published())) == (second.public_jwk["kid"], 2)
    later(keys.KEPT + HOUR)
    assert published() == [second.public_jwk["kid"]]
    keys.forget()
    assert [row.public_jwk["kid"] for row in ToolKey.objects.filter(private_key="")] == [first]


def test_a_day_that_caches_keep_our_keys_ends_before_a_new_one_signs(tool: Running) -> None:
    answer = http("GET", f"{tool.url}/lti/jwks")

    kept = int(answer.headers["Cache-Control"].partition("max-age=")[2])
    assert timedelta(seconds=kept) + DAY <= keys.AHEAD
    assert all({"kid", "n", "e"} <= set(one) and "d" not in one for one in answer.json()["keys"])


def test_without_workers_the_old_key_goes_on_and_somebody_hears_of_it() -> None:
    assert keys.rotate() is None  # there is nothing to follow
    assert not keys.overdue()
    first = signer()
    later(90 * DAY)

    assert (signer(), keys.overdue()) == (first, True)

    keys.rotate()
    assert (signer(), keys.overdue()) == (first, False)
    later(keys.AHEAD)
    assert signer() != first


def test_many_who_need_the_first_key_or_the_next_make_one() -> None:
    first = at_once(8, lambda _: keys.jwks()["keys"])
    later(30 * DAY)

    made = at_once(8, lambda _: keys.rotate())

    assert len({one["kid"] for told in first for one in told}) == 1
    assert sum(one is not None for one in made) == 1


def test_private_keys_rest_encrypted() -> None:
    keys.ensure()
    row = keys.signer()

    assert row is not None
    assert "PRIVATE" not in row.private_key
    assert "PRIVATE" in crypto.decrypt(row.private_key, purpose="tool-key")


def test_a_platform_that_cannot_fetch_has_a_key_that_signs_once_it_is_pasted() -> None:
    registration, everybodys = factories.a_deployment().registration, signer()
    assert not keys.pasted(registration)

    first = keys.give(registration)
    assert keys.give(registration) == first
    assert keys.signing(registration)[0] == everybodys
    assert keys.pasted(registration)
    assert keys.signing(registration)[0] == first.public_jwk["kid"]

    later(90 * DAY)
    keys.rotate()
    assert keys.signing(registration)[0] == first.public_jwk["kid"]
    second = keys.give(registration)
    assert keys.signing(registration)[0] == first.public_jwk["kid"]
    keys.pasted(registration)
    assert keys.signing(registration)[0] == second.public_jwk["kid"]
    assert second.public_jwk["kid"] not in published()
    assert signer() == everybodys

    keys.share(registration)
    assert keys.signing(registration)[0] == everybodys


def test_its_public_key_can_be_pasted_in_both_forms() -> None:
    key = keys.give(factories.a_deployment().registration)

    body = "".join(keys.pem(key).splitlines()[1:-1])

    assert keys.pem(key).startswith("-----BEGIN PUBLIC KEY-----")
    assert base64.b64decode(body)


# --- the command --------------------------------------------------------------------------------


def rotated(*words: str) -> Any:
    said = StringIO()
    call_command("rotate_keys", *words, stdout=said)
    return json.loads(said.getvalue())


def test_the_command_makes_the_next_key_early_and_one_only() -> None:
    first = signer()

    told, again = rotated(), rotated()

    assert told == again
    assert told["kid"] != first
    assert told["signs_from"] > (timezone.now() + DAY).isoformat()
    assert signer() == first


def test_a_leaked_key_goes_at_once_and_the_command_says_what_breaks() -> None:
    first = signer()
    rotated()

    told = rotated("--now")

    assert signer() == told["kid"]
    assert published() == [told["kid"]]
    assert told["kid"] != first
    assert "refuse" in told["breaks"]
    assert ToolKey.objects.exclude(private_key="").count() == 1


def test_a_registrations_own_key_is_changed_alone() -> None:
    registration, everybodys = factories.a_deployment().registration, signer()
    with pytest.raises(CommandError, match="--registration"):
        rotated("--registration", str(registration.pk))
    first = keys.give(registration)
    keys.pasted(registration)

    waiting = rotated("--registration", str(registration.pk))
    assert waiting["signs_from"] is None
    assert keys.signing(registration)[0] == first.public_jwk["kid"]
    told = rotated("--registration", str(registration.pk), "--now")

    assert told["public_jwk"]["kid"] == told["kid"] == keys.signing(registration)[0]
    assert "pasted" in told["breaks"]
    assert signer() == everybodys


# --- alerts -------------------------------------------------------------------------------------


@pytest.fixture
def _told(settings: Settings) -> Iterator[None]:
    """Operators have a mailbox, and know of nothing yet."""
    settings.ALERT_EMAILS, settings.EMAIL_BACKEND = (
        ["ops@example.edu"],
        "django.core.mail.backends.locmem.EmailBackend",
    )
    mail.outbox = []
    Alarm.objects.filter(name__startswith="keys:").delete()
    Registration.objects.update(active=False)
    yield
    Registration.objects.update(active=True)


@pytest.mark.usefixtures("_told")
def test_operators_hear_once_a_day_of_a_platform_that_does_not_know_our_key(place: Place) -> None:
    Registration.objects.filter(pk=place.registration.pk).update(active=True)
    refusal = '{\r\n  "error" : ""kid" invalid, unable to lookup correct key"\r\n}'
    place.says("POST", "/token", Answer(400, refusal))  # lti_token_err_wrong_kid
    with pytest.raises(KeyUnknown):
        service_tokens.current(place.registration, SCOPES)

    assert [key_alerts.tell() for _ in range(2)] == [1, 0]
    later(90 * DAY)
    keys.ensure()
    later(90 * DAY)
    assert key_alerts.tell() == 1  # there is more to tell
    assert place.registration.issuer in mail.outbox[0].body
    assert "older than it should be" in mail.outbox[1].body

    Alarm.objects.filter(name="keys:mail").update(told_at=timezone.now() - 25 * HOUR)
    assert key_alerts.tell() == 1
    heard.remember(place.registration.pk, "")
    assert key_alerts.tell() == 0
    assert Alarm.objects.get(name="keys:mail").count == 1


@pytest.mark.usefixtures("_told")
def test_two_workers_tell_once() -> None:
    keys.ensure()
    later(90 * DAY)
    Alarm.objects.create(name="keys:mail")

    assert sum(at_once(4, lambda _: key_alerts.tell())) == 1


# --- theirs -------------------------------------------------------------------------------------


def test_a_platform_changes_its_key_and_no_launch_fails(platform: Platform) -> None:
    assert platform.launch().role == "student"
    platform.keys.append(jwk(private_key(number=1), "next"))  # published, then used, then alone
    assert platform.launch().role == "student"
    platform.kid, platform.keys = "next", [jwk(private_key(), "next")]
    assert platform.launch().role == "student"
    assert platform.fetches == 2


def test_a_platform_that_changes_a_key_and_keeps_its_name_is_asked_for_it_again(
    platform: Platform,
) -> None:
    platform.keys = [jwk(private_key(number=1), platform.kid)]
    assert platform.launch().refused(401, "invalid_token")
    platform.keys = [jwk(private_key(), platform.kid)]

    assert platform.launch().role == "student"
    assert platform.launch().role == "student"
    assert platform.fetches == 2
