"""Whose address a request came from, past our own proxies."""

from typing import Any

import pytest
from django.test import RequestFactory

from tutorai.web.address import client

PROXY, NEXT, PERSON, LIAR = "10.0.0.1", "10.0.0.2", "203.0.113.7", "198.51.100.9"


@pytest.mark.parametrize(
    ("came", "line", "found"),
    [
        (PERSON, "", PERSON),
        (PERSON, LIAR, PERSON),  # whoever comes without our proxy may write what they like
        (PROXY, PERSON, PERSON),
        (PROXY, f"{LIAR}, {PERSON}", PERSON),
        (PROXY, f"{LIAR}, {PERSON}, {NEXT}", PERSON),
        (PROXY, "", PROXY),
        (PROXY, "nobody", PROXY),
        ("", PERSON, ""),
    ],
)
def test_only_what_our_own_proxies_add_is_believed(
    settings: Any, came: str, line: str, found: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    headers = {"X-Forwarded-For": line} if line else {}

    assert client(RequestFactory(REMOTE_ADDR=came).get("/", headers=headers)) == found
