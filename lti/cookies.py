"""Cookies that live inside an LMS's frame: Secure, SameSite=None, Partitioned (CHIPS)."""

from http.cookies import Morsel

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Python learns the attribute in 3.14.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]


def name(kind: str, key: str) -> str:
    """`__Host-` where there is TLS; loopback in development has none."""
    return f"{'' if settings.DEVELOPMENT else '__Host-'}{kind}_{key}"


def put(response: HttpResponse, kind: str, key: str, value: str, *, seconds: int) -> None:
    """Set a cookie scoped by `key`, so that tabs and launches never overwrite each other."""
    called = name(kind, key)
    response.set_cookie(
        called, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="None"
    )
    response.cookies[called]["partitioned"] = True


def get(request: HttpRequest, kind: str, key: str) -> str:
    """Return the cookie's value, or ""."""
    return request.COOKIES.get(name(kind, key), "")


def drop(response: HttpResponse, kind: str, key: str) -> None:
    """Delete the cookie."""
    put(response, kind, key, "", seconds=0)
