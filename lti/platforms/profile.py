"""How a platform takes a tool's registration: the words of `PROFILE`. Pure.

Developer keys (`/lti/canvas.json`), dynamic registration and the guides all read the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise

RESOURCE, DEEP = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
REVIEW, PRIVACY = "LtiSubmissionReviewRequest", "DataPrivacyLaunchRequest"

# What a launch is read for on any platform; a variable nobody knows comes back as it was written.
USUAL = {
    "context_history": "$Context.id.history",
    "person_timezone": "$Person.address.timezone",
}


@dataclass(frozen=True)
class Message:
    """One message a platform may send, where it stands there, and what else is said of it."""

    type: str
    placements: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)


STANDARD = (
    Message(RESOURCE),
    # LTI Dynamic Registration 1.0, and D2L's word for the editor.
    Message(DEEP, ("ContentArea", "RichTextEditor")),
    Message(REVIEW),
    Message(PRIVACY),
)


@dataclass(frozen=True)
class Shared:
    """Issuers that stand for every school of a vendor, and whose hosts speak for them."""

    issuers: frozenset[str] = frozenset()  # hosts
    hosts: frozenset[str] = frozenset()
    below: tuple[str, ...] = ()  # and every host that ends so

    def fits(self, host: str) -> bool:
        """Whether a host is one of the vendor's."""
        return host in self.hosts or host in self.issuers or host.endswith(self.below)


@dataclass(frozen=True)
class Profile:
    """What a platform wants to hear, and what its administrator does next."""

    family: str
    title: str | Promise
    products: frozenset[str] = frozenset()  # its product_family_code, in lower case
    custom: Mapping[str, str] = field(default_factory=lambda: USUAL)
    messages: tuple[Message, ...] = STANDARD
    privacy: str = ""  # the member of the tool configuration that says what it shares
    extras: Mapping[str, Any] = field(default_factory=dict)  # of the tool configuration
    lacks: frozenset[str] = frozenset()  # scopes of ours that it does not know
    strict: bool = False  # refuses members that its documentation does not list
    pending: bool = False  # its administrator has to turn us on, after registering
    shared: Shared = Shared()
    refusals: Mapping[str, str | Promise] = field(default_factory=dict)  # what it says → in words
    next: tuple[str | Promise, ...] = ()  # steps after a registration, in its own menu's words


def host_of(url: str) -> str:
    """Return the host of an address, with a port that is not the usual; "" of what is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    written = f"[{host}]" if ":" in host else host
    usual = port in {None, {"http": 80, "https": 443}.get(parts.scheme)}
    return written if usual else f"{written}:{port}"
