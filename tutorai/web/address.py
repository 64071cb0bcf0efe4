"""Whose address a request came from, past the proxies that are ours."""

import ipaddress
from functools import cache

from django.conf import settings
from django.http import HttpRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client(request: HttpRequest) -> str:
    """Return the client's address: the last one in the line that is no proxy of ours.

    `X-Forwarded-For` is written by whoever passes a request on, so only what our own proxies
    (`TRUSTED_PROXIES`) added is believed.
    """
    came: str = request.META.get("REMOTE_ADDR", "")
    line = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    while line and _ours(came) and _address(line[-1]):
        came = line.pop()
    return came


def _ours(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in _proxies(tuple(settings.TRUSTED_PROXIES)))


def _address(address: str) -> bool:
    """Whether this is an address at all."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


@cache
def _proxies(listed: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(each, strict=False) for each in listed)
