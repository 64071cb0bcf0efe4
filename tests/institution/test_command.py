"""`institution_owner`: one JSON object out, one clear sentence when something is wrong."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests import factories
from tests.conftest import Running
from tests.institution.test_people import accept
from tests.people import browser
from tutorai.ids import new_id
from tutorai.lmsdm.models import Institution
from tutorai.models import Office


def say(institution: str, email: str) -> str:
    said = StringIO()
    call_command("institution_owner", institution=institution, email=email, stdout=said)
    url: str = json.loads(said.getvalue())["url"]
    return url


def test_a_schools_first_owner_comes_by_the_link_that_an_operator_prints(tool: Running) -> None:
    name, email = f"College {new_id()}", f"{new_id()}@example.edu"

    url = say(name, email)
    where, _hash, secret = url.partition("#")
    with browser(tool.url) as guest:
        accept(guest, secret)

    assert where == f"{tool.url}/sign-in/invitation/"
    office = Office.objects.get(account__email=email)
    assert (office.institution.name, office.role) == (name, "owner")


def test_what_cannot_be_is_said_in_a_sentence_and_nothing_is_made() -> None:
    name, office = f"College {new_id()}", factories.an_office()

    with pytest.raises(CommandError, match="no address"):
        say(name, "nobody")
    with pytest.raises(CommandError, match="empty"):
        say(" ", "a@example.edu")
    with pytest.raises(CommandError, match="has an office here"):
        say(office.institution.slug, office.account.email)

    assert not Institution.objects.filter(name=name).exists()
