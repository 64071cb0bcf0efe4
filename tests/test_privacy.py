"""What is held of people is listed, and configuration is all that the log of changes looks at."""

from collections.abc import Iterator

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.core.management import get_commands
from django.db.models import Field, Model

from agents.models.money import Endpoint
from connectors.models import Connector
from lti.models import Deployment, Registration
from tests import factories
from tutorai import privacy
from tutorai.holding import Holding
from tutorai.ids import new_id
from tutorai.lmsdm.models import Institution, User
from tutorai.models import Account, Office
from tutorai.privacy import HOLDINGS

NAMING = {"email", "username", "ip_address", "remote_addr", "actor_email"}  # whatever the table
LISTED = {(held.model, column) for held in HOLDINGS for column in held.columns}
SECRET = {"password", "email", "model_key", "key"}


def columns() -> Iterator[tuple[type[Model], "Field[object, object]"]]:
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            for field in model._meta.concrete_fields:
                yield model, field


def test_every_column_that_leads_to_a_person_or_an_account_is_listed() -> None:
    leads = {
        (model._meta.label, field.name)
        for model, field in columns()
        if field.name in NAMING or (field.is_relation and field.related_model in {User, Account})
    }

    assert leads - LISTED == set()
    assert ("auditlog.LogEntry", "actor_email") in leads


@pytest.mark.parametrize("held", HOLDINGS, ids=lambda held: f"{held.model}.{held.columns[0]}")
def test_what_is_listed_is_there(held: Holding) -> None:
    there = {field.name for field in apps.get_model(held.model)._meta.concrete_fields}

    assert set(held.columns) <= there
    assert held.what
    assert held.kept


def test_no_column_is_listed_twice() -> None:
    assert len(LISTED) == sum(len(held.columns) for held in HOLDINGS)


def test_a_command_that_a_holding_waits_for_exists() -> None:
    waited = {
        kept.split("manage.py ")[1].split("`")[0].split()[0]
        for kept in (str(held.kept) for held in privacy.HOLDINGS)
        if "manage.py" in kept
    }

    assert waited <= set(get_commands())
    assert waited


def test_the_log_of_changes_looks_at_configuration_alone_and_masks_its_secrets() -> None:
    looked_at = set(auditlog.get_models())

    ours = {Institution, Account, Registration, Deployment, Office, Connector, Endpoint}
    assert looked_at == ours
    for model in looked_at:
        names = {field.name for field in model._meta.concrete_fields} & SECRET
        assert names <= set(auditlog.get_model_fields(model)["mask_fields"])


def test_a_changed_account_is_remembered_without_its_address() -> None:
    email = f"{new_id()}@example.edu"
    row = Account.objects.create_user(email, "a password of some length")
    row.email = f"new-{email}"
    row.person = factories.a_user(name="Ada Lovelace")
    row.save()

    told = [
        f"{entry.changes} {entry.object_repr}" for entry in LogEntry.objects.get_for_object(row)
    ]
    assert len(told) == 2
    assert "email" in told[0]
    assert email not in str(told)
    assert "Ada" not in str(told)
