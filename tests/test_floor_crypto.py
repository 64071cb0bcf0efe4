"""What rests encrypted is readable by its key, for its purpose, and not otherwise."""

import base64
import json
from collections.abc import Iterator
from io import StringIO

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import call_command
from django.db import models, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors.models import APPLICATION, PURPOSE, Application, Connector, Consent, Token
from lti.models import ToolKey
from tests import factories
from tutorai import crypto
from tutorai.errors import SecretUnreadable
from tutorai.models import IdentityProvider

OLD = "old:" + base64.urlsafe_b64encode(bytes(32)).decode()
THIRD = "third:" + base64.urlsafe_b64encode(bytes(range(32, 64))).decode()
NEW = "new:" + base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")


def test_what_was_encrypted_is_read_back_with_the_laptops_key_too() -> None:
    assert crypto.decrypt(crypto.encrypt("žeton", purpose="a"), purpose="a") == "žeton"


def test_one_purposes_secret_cannot_be_read_for_another() -> None:
    with pytest.raises(SecretUnreadable):
        crypto.decrypt(crypto.encrypt("token", purpose="a"), purpose="b")


@pytest.mark.parametrize(
    "token",
    ["", "v2.dev.AAAA", "v1.unknown.AAAA", "v1.dev.A", "v1.dev.", "v1.dev.AAAAAAAAAAAAAAAA"],
)
def test_what_is_no_secret_of_ours_is_refused(token: str) -> None:
    with pytest.raises(SecretUnreadable):
        crypto.decrypt(token, purpose="a")


def test_the_newest_key_encrypts_and_every_key_decrypts(settings: Settings) -> None:
    settings.SECRET_KEYS = [OLD]
    before = crypto.encrypt("token", purpose="a")
    settings.SECRET_KEYS = [NEW, OLD]

    after = crypto.reencrypt(before, purpose="a")

    assert after.startswith("v1.new.")
    assert crypto.decrypt(before, purpose="a") == crypto.decrypt(after, purpose="a") == "token"
    assert crypto.reencrypt(after, purpose="a") == after


@pytest.fixture
def undone() -> Iterator[None]:
    """Whatever the test writes is gone afterwards: other tests read their secrets by other keys."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def told() -> dict[str, int]:
    """What the command says."""
    said = StringIO()
    call_command("reencrypt", stdout=said)
    counts: dict[str, int] = json.loads(said.getvalue())
    return counts


def under(key: str) -> list[str]:
    """Every column of every table that holds a secret of this key."""
    columns = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField | models.CharField)
    ]
    return [
        f"{model.__name__}.{name}"
        for model, name in columns
        if model._default_manager.filter(**{f"{name}__startswith": f"v1.{key}."}).exists()
    ]


def test_every_stored_secret_moves_to_the_newest_key(undone: None, settings: Settings) -> None:
    settings.SECRET_KEYS = [OLD]
    course = factories.a_course(factories.an_institution(model_key=sealed("model-key")))
    row = Connector.objects.create(
        institution=course.institution, lms="canvas", base_url="https://x.example", course=course
    )
    Token.objects.create(connector=row, access=sealed(PURPOSE), refresh=sealed(PURPOSE))
    key = Application.objects.create(lms="canvas", client_secret=sealed(APPLICATION))
    Consent.objects.create(
        application=key, institution=course.institution, verifier=sealed(PURPOSE)
    )
    ToolKey.objects.create(private_key=sealed("tool-key"), public_jwk={}, retires_at=timezone.now())
    factor = TOTP.activate(factories.an_account(), "JBSWY3DPEHPK3PXP").instance
    IdentityProvider.objects.create(
        institution=course.institution, client_secret=sealed("oidc-client")
    )
    settings.SECRET_KEYS = [THIRD]
    gone = factories.an_institution(model_key=sealed("model-key"))
    settings.SECRET_KEYS = [NEW, OLD]
    places = under("old")

    first, second = told(), told()

    assert (under("old"), under("new"), first["moved"]) == ([], places, 8)
    assert Token.objects.get(connector=row).secret() == "secret"
    factor.refresh_from_db()
    assert factor.data["secret"].startswith("v1.new.")
    assert (second["moved"], second["current"]) == (0, first["moved"] + first["current"])
    gone.refresh_from_db()
    assert gone.model_key.startswith("v1.third.")
    assert first["unreadable"] == second["unreadable"] >= 1


def sealed(purpose: str) -> str:
    return crypto.encrypt("secret", purpose=purpose)
