"""The one HTTP client: time limits, size caps, paging links, and a guard on where it may go.

The guard (SSRF): an address someone else gave us is resolved once, refused when it is private,
and the connection goes to exactly the address that was checked. Operators open private hosts
with `ALLOWED_PRIVATE_HOSTS`; development mode opens loopback.
"""

import ipaddress
import math
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from tutorai.errors import (
    LMSMisunderstood,
    LMSUnavailable,
    NotSent,
    TooBig,
    UrlRefused,
)

USER_AGENT = "TutorAI/0.1 (+https://github.com/tutor-ai/tutor-ai)"  # Canvas refuses calls without
DEADLINE = 60.0  # seconds for one whole answer; httpx itself has no total
CAP = 5 * 1024 * 1024  # bytes of one answer, unless the caller says more

# Who counts the calls, handed over by tutorai.apps: host, service, outcome, seconds until the
# answer began (or the call failed).
seen: Callable[[str, str, str, float], None] | None = None

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IPv6 that ends in an IPv4 address (RFC 6052, RFC 4291 2.5.5.1), and what is private though
# Python calls it global: a site's own addresses and translators (RFC 3879, RFC 8215).
TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
NOBODYS = (ipaddress.IPv6Network("fec0::/10"), ipaddress.IPv6Network("64:ff9b:1::/48"))

# In no host's name; where a browser sees a slash in one, it goes elsewhere than we do.
_STRANGE = re.compile(r"[\s\\%\"'<>^`{|}]")

# Commas inside URLs survive; Moodle writes rel=“next” with curly quotes.
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^;,<]+)*)")
_REL = re.compile(r";\s*rel\s*=\s*[\"\u201c\u201d']?([^\"\u201c\u201d';,]+)", re.IGNORECASE)


def next_link(header: str | None) -> str | None:
    """Return the rel=next URL of a Link header, verbatim, or None (RFC 8288, and its abusers)."""
    for url, params in _LINK.findall(header or ""):
        rel = _REL.search(params)
        if rel and "next" in rel.group(1).lower().split():
            return str(url).replace("&amp;", "&")
    return None


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs share scheme, host and port, so that a token may go to both."""

    def origin(url: str) -> tuple[str, str | None, int | None]:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        return parts.scheme, parts.hostname, port

    try:
        return origin(one) == origin(other)
    except ValueError:
        return False


def base_of(url: str) -> str:
    """Return scheme://host[:port] of an address as httpx would call it; raise ValueError.

    The host is lower case and in its ASCII form, a default port is left out.
    """
    parts = urlsplit(url)
    try:
        base = httpx.URL(f"{parts.scheme}://{parts.netloc.lower()}")
    except httpx.InvalidURL as error:
        raise ValueError(url) from error
    if base.scheme not in {"http", "https"} or not base.host or _STRANGE.search(base.host):
        raise ValueError(url)
    return str(base)


def check_url(url: str) -> str:
    """Return `url` when its form is one we may call; raise UrlRefused.

    https only, no user in it; plain http for hosts that `allowed` opens.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise _refused(_("this is not a web address")) from error
    if not host or _STRANGE.search(host) or parts.username or parts.password is not None:
        raise _refused(_("this is not a plain web address"))
    if parts.scheme != "https" and not (parts.scheme == "http" and _opened(host)):
        raise _refused(_("it has to start with https"))
    address = _literal(host)
    if address is not None and not (_public(address) or _opened(host)):
        raise _refused(_("this is a private address"))
    return url


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def resolve(host: str, port: int) -> str:
    """Return one address of `host` that may be called; raise UrlRefused, or LMSUnavailable."""
    return addresses(host, port)[0]


def addresses(host: str, port: int) -> list[str]:
    """Return every address of `host`, best first; refuse it when one of them may not be called."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise LMSUnavailable() from error
    listed = [ipaddress.ip_address(entry[4][0]) for entry in found]
    for address in listed:
        if not (_public(address) or _opened(host, address)):
            raise _refused(_("this is a private address"))
    return [str(address) for address in listed]


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in NOBODYS):
            return False
        address = address.ipv4_mapped or address.sixtofour or _translated(address) or address
    return address.is_global and not address.is_multicast


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that a translator (NAT64) or an old notation hides in this one."""
    if any(address in network for network in TRANSLATED):
        return ipaddress.IPv4Address(address.packed[-4:])
    return None


def _opened(host: str, address: Address | None = None) -> bool:
    """Whether an operator (or development mode) opened this private host."""
    address = address or _literal(host)
    if settings.DEVELOPMENT and (
        (address is None and host == "localhost") or (address is not None and address.is_loopback)
    ):
        return True
    for entry in settings.ALLOWED_PRIVATE_HOSTS:
        if entry == host:
            return True
        if address is not None:
            try:
                if address in ipaddress.ip_network(entry, strict=False):
                    return True
            except ValueError:
                continue
    return False


def _refused(why: str) -> UrlRefused:
    return UrlRefused(why=why, setting="ALLOWED_PRIVATE_HOSTS")


# When the request under way must have been answered, in monotonic seconds.
_end: ContextVar[float] = ContextVar("_end", default=math.inf)


def _left(timeout: float | None) -> float | None:
    """Return how long one step may take: what httpx allows, but no longer than the whole may."""
    left = _end.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout()
    return min(left, math.inf if timeout is None else timeout)


class _Timed(httpcore.NetworkStream):
    """Ends with the request's own deadline: httpx limits each step, and steps may be many."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, not to a second look-up's answer."""

    def __init__(self) -> None:
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = addresses(host, port)
        for address in others:
            # IPv6 first may lead nowhere here.
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return _Timed(self._real.connect_tcp(address, port, _left(timeout)))
        return _Timed(self._real.connect_tcp(last, port, _left(timeout)))


@cache
def tls() -> ssl.SSLContext:
    """What we trust: the system's authorities, and EXTRA_CA_BUNDLE. Made once: it is slow."""
    context = ssl.create_default_context()
    if settings.EXTRA_CA_BUNDLE:
        context.load_verify_locations(settings.EXTRA_CA_BUNDLE)
    return context


def _mounts() -> dict[str, httpx.BaseTransport | None]:
    """Through HTTPS_PROXY, where there is one: it resolves names, so it decides where they lead.

    The form of the URL, and an address written as such, are still checked here.
    """
    if not settings.HTTPS_PROXY:
        return {}
    return {"https://": httpx.HTTPTransport(verify=tls(), proxy=settings.HTTPS_PROXY)}


def _transport() -> httpx.HTTPTransport:
    """httpx's transport over the pinned backend."""
    transport = httpx.HTTPTransport(verify=tls(), retries=0)
    transport._pool = httpcore.ConnectionPool(
        ssl_context=tls(),
        max_connections=20,
        max_keepalive_connections=10,
        keepalive_expiry=15,
        network_backend=_Pinned(),
    )
    return transport


@dataclass
class _Watch:
    """What is told of one call: "2xx", "429", "5xx" …, or how it failed. Empty: it never left."""

    outcome: str = ""
    seconds: float | None = None  # until the answer began

    def answered(self, status: int, seconds: float) -> None:
        """Note how the answer began."""
        self.outcome = str(status) if status == 429 else f"{status // 100}xx"
        self.seconds = seconds

    def failed(self, error: Exception) -> None:
        """Note that no answer began, or that it broke off."""
        match error:
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
                self.outcome = "unreachable"
            case httpx.TimeoutException():
                self.outcome = "timeout"
            case httpx.TransportError() | httpx.DecodingError():
                self.outcome = "broken"
            case LMSUnavailable() if not self.outcome:  # its name leads nowhere
                self.outcome = "unreachable"


@contextmanager
def _watched(url: str, service: str) -> Iterator[Callable[[httpx.Response], None]]:
    """Tell `seen` of one call; yields whom to tell that the answer began."""
    watch, start = _Watch(), time.monotonic()
    try:
        yield lambda response: watch.answered(response.status_code, time.monotonic() - start)
    except Exception as error:
        watch.failed(error)
        raise
    finally:
        if seen is not None and watch.outcome:
            took = time.monotonic() - start if watch.seconds is None else watch.seconds
            seen(urlsplit(url).netloc.lower(), service, watch.outcome, took)


class Http:
    """A client for one purpose. Use `request`, or `stream` for what may be large.

    One per process and purpose, made after a fork: connections are kept alive inside. `service`
    is the part of an LMS that is called, as metrics name it.
    """

    def __init__(
        self,
        *,
        headers: dict[str, str] | None = None,
        deadline: float = DEADLINE,
        service: str = "other",
    ):
        self._deadline = deadline
        self._service = service
        self._client = httpx.Client(
            transport=_transport(),
            mounts=_mounts(),
            headers={"User-Agent": USER_AGENT, **(headers or {})},
            follow_redirects=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def request(
        self, method: str, url: str, *, cap: int = CAP, deadline: float | None = None, **how: Any
    ) -> httpx.Response:
        """Send one request and return the whole answer, whatever its status.

        `how` goes to httpx (headers, content, data, json, files; never `params` with a URL that
        has a query: httpx would replace it). Redirects are not followed.

        Raises UrlRefused, LMSUnavailable (no answer in time; NotSent: no connection),
        LMSMisunderstood (not HTTP) and TooBig (over `cap` bytes).
        """
        end = time.monotonic() + (deadline or self._deadline)
        with self.stream(method, url, deadline=deadline, **how) as response:
            response._content = b"".join(self.chunks(response, cap=cap, end=end))
            return response

    @contextmanager
    def stream(
        self, method: str, url: str, *, deadline: float | None = None, **how: Any
    ) -> Iterator[httpx.Response]:
        """Send one request and yield the answer before its body; read it with `chunks`."""
        check_url(url)
        total = deadline or self._deadline  # seconds
        mark = _end.set(min(_end.get(), time.monotonic() + total))
        how.setdefault("timeout", httpx.Timeout(min(30, total), connect=min(5, total)))
        try:
            with (
                _watched(url, self._service) as began,
                self._client.stream(method, url, **how) as response,
            ):
                began(response)
                yield response
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise _refused(_("this is not a web address")) from error
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise LMSMisunderstood() from error
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent() from error
        except httpx.TransportError as error:
            raise LMSUnavailable() from error
        finally:
            _end.reset(mark)

    def chunks(
        self, response: httpx.Response, *, cap: int, end: float | None = None
    ) -> Iterator[bytes]:
        """Yield the body piece by piece, within `cap` bytes and until `end` (monotonic seconds)."""
        end = end or time.monotonic() + self._deadline
        size = 0
        for piece in response.iter_bytes():
            size += len(piece)
            if size > cap:
                raise TooBig(limit=f"{cap // 1024} KiB")
            if time.monotonic() > end:
                raise LMSUnavailable()
            yield piece
