"""What an institution chooses for all of its courses."""

from collections.abc import Callable

import pytest

from tests.people import Browser
from tutorai.ledger.models import AuditEvent

AsOfficer = Callable[..., Browser]


@pytest.mark.parametrize("role", ["owner", "administrator"])
def test_observers_may_see_once_the_school_says_so_and_no_longer(
    as_officer: AsOfficer, role: str
) -> None:
    who = as_officer(role)
    page = who.url("institution_settings")

    allowed = who.post(page, {"observers": "on"})
    again = who.post(page, {"observers": "on"})
    who.institution.refresh_from_db()
    before = who.institution.observers_may_see
    refused = who.post(page)
    who.institution.refresh_from_db()

    assert "Saved." in allowed.text
    assert 'aria-describedby="observers-help" checked' in again.text
    assert (before, who.institution.observers_may_see) == (True, False)
    assert "checked" not in refused.text
    told = AuditEvent.objects.filter(institution=who.institution.pk, actor=who.office.account_id)
    verbs = told.filter(verb__startswith="observers").order_by("created_at")
    assert list(verbs.values_list("verb", flat=True)) == ["observers.allow", "observers.refuse"]


def test_support_and_auditors_choose_nothing(as_officer: AsOfficer) -> None:
    for role in ("support", "auditor"):
        who = as_officer(role)

        assert who.get(who.url("institution_settings")).status_code == 403
