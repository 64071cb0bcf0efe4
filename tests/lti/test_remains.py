"""What launches leave behind goes in time."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from lti import remains
from lti.models import LaunchSession, LaunchState
from tests import factories
from tutorai.ids import new_id


def a_state(age: timedelta, **fields: Any) -> LaunchState:
    registration = factories.a_deployment().registration
    fields = {"used_at": timezone.now(), **fields}
    row = LaunchState.objects.create(
        registration=registration, state_hash=new_id().hex, binder_hash="", nonce="", **fields
    )
    LaunchState.objects.filter(pk=row.pk).update(created_at=timezone.now() - age)
    return row


def test_the_claims_of_a_launch_nobody_came_back_for_go_after_an_hour() -> None:
    old = a_state(timedelta(hours=2), claims={"name": "Ada"}, failure="replayed")
    young = a_state(timedelta(minutes=1), claims={"name": "Ben"})

    remains.forget()

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.claims, old.failure) == (None, "replayed")
    assert young.claims == {"name": "Ben"}


def test_a_login_nobody_came_back_from_goes_after_an_hour() -> None:
    old = a_state(timedelta(hours=2), used_at=None)
    young = a_state(timedelta(minutes=9), used_at=None)

    remains.forget()

    left = LaunchState.objects.filter(pk__in=[old.pk, young.pk])
    assert [row.pk for row in left] == [young.pk]


def test_states_and_sessions_go_after_a_month() -> None:
    state = a_state(timedelta(days=31))
    ended, stands = (factories.a_session().session for _ in range(2))
    LaunchSession.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(days=31))

    remains.forget()

    assert not LaunchState.objects.filter(pk=state.pk).exists()
    assert list(LaunchSession.objects.filter(pk__in=[ended.pk, stands.pk])) == [stands]
