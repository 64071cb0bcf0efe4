"""What rests encrypted is readable by its key, for its purpose, and not otherwise."""

import base64

import pytest
from pytest_django.fixtures import Settings

from tutorai import crypto
from tutorai.errors import SecretUnreadable

OLD = "old:" + base64.urlsafe_b64encode(bytes(32)).decode()
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
