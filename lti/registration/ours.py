"""Our own addresses, as platforms have to know them. `PUBLIC_URL` makes them all."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from lti import ags, nrps

NAME = "Tutor.AI"
# LTI Platform Notification Service 1.0: a copied course tells of itself.
NOTICES = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
# All four of AGS: Moodle does not take `lineitem` for the readonly one.
NEEDED = (*sorted(ags.READ | ags.RESULTS | ags.SCORES), nrps.SCOPE)
USEFUL = (nrps.GROUPS_SCOPE, NOTICES)  # few platforms have them, and nobody misses them
SCOPES = (*NEEDED, *USEFUL)
CLAIMS = ("iss", "sub")
NAMES, MAIL = ("name", "given_name", "family_name"), ("email",)
# What a platform is asked to share of people, by Canvas's words for it.
SHARES = {
    "public": (*CLAIMS, *NAMES, *MAIL),
    "name_only": (*CLAIMS, *NAMES),
    "anonymous": CLAIMS,
}


@dataclass(frozen=True)
class Ours:
    """Where we are."""

    url: str

    @property
    def domain(self) -> str:
        """Our host, with its port where it has one: Moodle compares both."""
        return urlsplit(self.url).netloc

    @property
    def login(self) -> str:
        """Where launches begin (OpenID Connect third-party initiated login)."""
        return f"{self.url}/lti/login"

    @property
    def launch(self) -> str:
        """Where launches lead: the one redirect URI, and the target of every link."""
        return f"{self.url}/lti/launch"

    @property
    def keys(self) -> str:
        """Where our public keys are."""
        return f"{self.url}/lti/jwks"

    @property
    def icon(self) -> str:
        """A picture of us."""
        return f"{self.url}/static/mark.svg"

    @property
    def developer_key(self) -> str:
        """Where Canvas reads a whole developer key."""
        return f"{self.url}/lti/canvas.json"
