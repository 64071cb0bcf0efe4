"""What each platform is like, as data: one module a family, with `RULES` of its gradebook and
`FACTS` of everything else. Pure."""

from urllib.parse import urlsplit

from lti.platforms import blackboard, canvas, d2l, moodle, other
from lti.platforms.facts import Facts
from lti.platforms.links import Links
from tutorai.ledger.outcomes import Rules

FAMILIES = {"canvas": canvas, "moodle": moodle, "blackboard": blackboard, "d2l": d2l}
# Issuers that stand for every school of a vendor (connectors' documentation, "Registration").
ISSUERS = {
    "canvas.instructure.com": "canvas",
    "canvas.beta.instructure.com": "canvas",
    "canvas.test.instructure.com": "canvas",
    "blackboard.com": "blackboard",
}
# How a token's address ends, wherever the platform lives.
TOKENS = {"/mod/lti/token.php": "moodle", "/core/connect/token": "d2l"}


def of(family: str, issuer: str = "", token_url: str = "") -> Rules:
    """Return how a platform takes grades; where nobody said the family, its addresses do."""
    known = FAMILIES.get(family_of(family, issuer, token_url))
    return known.RULES if known else other.RULES


def facts(family: str, issuer: str = "", token_url: str = "") -> Facts:
    """Return what else there is to know of a platform."""
    known = FAMILIES.get(family_of(family, issuer, token_url))
    return known.FACTS if known else other.FACTS


def links(family: str, issuer: str = "", token_url: str = "") -> Links:
    """Return how a platform takes links of ours."""
    known = FAMILIES.get(family_of(family, issuer, token_url))
    return known.LINKS if known else other.LINKS


def family_of(told: str, issuer: str = "", token_url: str = "") -> str:
    """Return which of our families a platform is; "" for none of them."""
    if told in FAMILIES:
        return told
    known = ISSUERS.get(urlsplit(issuer).netloc, "")
    return known or next((name for end, name in TOKENS.items() if token_url.endswith(end)), "")
