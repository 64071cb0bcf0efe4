"""A deep linking request's answer: what was placed, or that nothing was, and why; signed.

Source: https://www.imsglobal.org/spec/lti-dl/v2p0 (4.5, LtiDeepLinkingResponse). The library's own
answers always have a `data`, empty `custom` and null titles, which platforms refuse.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any

from lti import keys, platforms, tool
from lti.claims import LTI, PLACED
from lti.models import Deployment, Placement
from lti.platforms.links import Links
from tutorai.ids import new_id
from tutorai.lmsdm.models import Windowed

LINK = "ltiResourceLink"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
BEFORE, LIFETIME = 10, 300  # seconds from our iat to now (Moodle takes none ahead), and to exp
WIDE, HIGH = 800, 760  # CSS pixels of a frame
# LTI Submission Review 1.0: from when on a gradebook leads to the work; it leads to our own address.
REVIEWED = ("InProgress", "Submitted", "Completed")


@dataclass(frozen=True)
class Placed:
    """One thing to place, as the platform is told of it. `window` is that of what it is about."""

    row: Placement
    text: str
    points: Decimal | None = None  # what its column goes up to; None: no column
    window: Windowed | None = None
    due: datetime | None = None


@dataclass(frozen=True)
class Said:
    """What the platform shows or logs; empty: nothing. Of a failure it shows `error`."""

    message: str = ""
    log: str = ""
    error: str = ""


def response(
    deployment: Deployment, accepted: dict[str, Any], placed: Sequence[Placed], said: Said
) -> str:
    """Return the signed answer; `accepted` is what the request said (claims.read)."""
    registration = deployment.registration
    now = int(time.time())
    links = platforms.links(registration.family, registration.issuer, registration.token_url)
    kid, private = keys.signing(registration)
    told = {"msg": said.message, "log": said.log, "errormsg": said.error}
    told["errorlog"] = said.log if said.error else ""
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,  # Learn wants one: docs.anthology.com, "Building the JWT"
        "aud": registration.issuer,
        "iat": now - BEFORE,
        "exp": now - BEFORE + LIFETIME,
        "nonce": new_id().hex,
        f"{LTI}deployment_id": deployment.deployment_id,
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{DL}content_items": [
            item(one, accepted, links, alone=len(placed) == 1) for one in placed
        ],
        **{DL + name: words for name, words in told.items() if words},
        **({f"{DL}data": accepted["data"]} if "data" in accepted else {}),
    }
    return tool.sign(claims, kid=kid, private=private)


def item(placed: Placed, accepted: dict[str, Any], links: Links, *, alone: bool) -> dict[str, Any]:
    """Return one content item. What is empty is left out: Moodle refuses an empty `custom`.

    Its custom values are text without line breaks, for Moodle keeps them as lines.
    """
    row, text = placed.row, placed.text
    told = {
        "type": LINK,
        "title": row.title,
        "text": escape(text) if links.html and alone else text,
        "url": tool.address() if links.address else "",
        "custom": {PLACED: str(row.pk)},
        "lineItem": _line_item(placed, links) if accepted["line_items"] else None,
    }
    if links.sizes and "iframe" in accepted["targets"]:
        told["iframe"] = {"width": WIDE, "height": HIGH}
    if links.dates:
        told |= {"available": _available(placed), "submission": _submission(placed)}
    return {name: value for name, value in told.items() if value}


def _line_item(placed: Placed, links: Links) -> dict[str, Any] | None:
    if placed.points is None:
        return None
    review = {"submissionReview": {"reviewableStatus": REVIEWED}} if links.reviews else {}
    return {
        "label": placed.row.title,
        "scoreMaximum": int(whole) if (whole := placed.points) % 1 == 0 else float(whole),
        "resourceId": str(placed.row.pk),
        "tag": placed.row.kind,
        **review,
    }


def _available(placed: Placed) -> dict[str, str]:
    window = placed.window
    return _span(window.available_from, window.available_until) if window else {}


def _submission(placed: Placed) -> dict[str, str]:
    """When the work is due; a link without a column asks for no work."""
    return _span(None, placed.due if placed.points is not None else None)


def _span(first: datetime | None, last: datetime | None) -> dict[str, str]:
    ends = {"startDateTime": first, "endDateTime": last}
    return {name: at.isoformat() for name, at in ends.items() if at}
