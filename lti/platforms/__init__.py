"""What each platform is like, as data: one module a family, one `RULES` in each. Pure."""

from urllib.parse import urlsplit

from lti.platforms import blackboard, canvas, moodle, other
from tutorai.ledger.outcomes import Rules

FAMILIES = {"canvas": canvas.RULES, "moodle": moodle.RULES, "blackboard": blackboard.RULES}
# Issuers that stand for every school of a vendor (connectors' documentation, "Registration").
ISSUERS = {
    "canvas.instructure.com": "canvas",
    "canvas.beta.instructure.com": "canvas",
    "canvas.test.instructure.com": "canvas",
    "blackboard.com": "blackboard",
}
MOODLE = "/mod/lti/token.php"  # ends a Moodle's token address, wherever it lives


def of(family: str, issuer: str = "", token_url: str = "") -> Rules:
    """Return how a platform takes grades; where nobody said the family, its addresses do."""
    if family not in FAMILIES:
        family = ISSUERS.get(urlsplit(issuer).netloc, "")
    if not family and token_url.endswith(MOODLE):
        family = "moodle"
    return FAMILIES.get(family, other.RULES)
