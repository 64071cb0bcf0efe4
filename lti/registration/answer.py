"""What a platform answers to a registration. Pure but for `understood`'s words.

Moodle says what is wrong in a bare text, Canvas in `{"errors": …}` with 422, OpenID Connect
Registration in `{"error", "error_description"}`; some say it all with 200.
"""

import json
from dataclasses import dataclass
from typing import Any

from lti.platforms.profile import Profile
from lti.registration import reading
from lti.registration.body import TOOL
from lti.registration.errors import AnswerUnread, RegistrationRefused
from tutorai.errors import LMSMisunderstood

LONGEST = 255  # characters of a client or deployment id
SHOWN = 160  # characters of what a platform says is wrong
# What is kept of an answer: never a secret or a token, which some platforms add.
KEPT = (
    "client_id",
    "client_name",
    "scope",
    "redirect_uris",
    "initiate_login_uri",
    "jwks_uri",
    "response_types",
    "grant_types",
    "token_endpoint_auth_method",
)
KEPT_OF_TOOL = (
    "version",
    "deployment_id",
    "domain",
    "target_link_uri",
    "custom_parameters",
    "claims",
    "messages",
    "https://canvas.instructure.com/lti/privacy_level",
    "https://canvas.instructure.com/lti/registration_config_url",
)


@dataclass(frozen=True)
class Answer:
    """What came of a registration."""

    client_id: str
    deployment_id: str  # "": told at the first launch (Canvas, D2L)
    scopes: tuple[str, ...]  # granted; (): not told
    kept: dict[str, Any]

    def withheld(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Return what was asked for and not granted, where the platform says what it granted."""
        return tuple(one for one in asked if self.scopes and one not in self.scopes)


def understood(status: int, text: str, *, host: str, profile: Profile) -> Answer:
    """Return what an answer says; raise RegistrationRefused or AnswerUnread."""
    if not 200 <= status < 300:
        raise RegistrationRefused(host=host, status=status, why=said(text, profile))
    try:
        told = reading.told(text)
    except LMSMisunderstood as error:
        raise AnswerUnread(host=host, member="JSON") from error
    client_id = told.get("client_id")
    if not client_id and _fault(told):  # 200, with an error inside
        raise RegistrationRefused(host=host, status=status, why=said(text, profile))
    named = str(client_id) if isinstance(client_id, str | int) and client_id else ""
    if not named or len(named) > LONGEST:
        raise AnswerUnread(host=host, member="client_id")
    tool = reading.member(told.get(TOOL))
    granted = told.get("scope")
    return Answer(
        client_id=named,
        deployment_id=_deployment(tool.get("deployment_id") or told.get("deployment_id"), host),
        scopes=tuple(granted.split()) if isinstance(granted, str) else reading.words(granted),
        kept={
            **{name: told[name] for name in KEPT if name in told},
            TOOL: {name: tool[name] for name in KEPT_OF_TOOL if name in tool},
        },
    )


def _deployment(told: Any, host: str) -> str:
    if told is None or told == "":
        return ""
    named = str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
    if not named or len(named) > LONGEST:
        raise AnswerUnread(host=host, member="deployment_id")
    return named


def said(text: str, profile: Profile) -> str:
    """Return why a platform refuses: in our words where we know its own, else in its, cut short."""
    for sign, words in profile.refusals.items():
        if sign in text.replace("&quot;", '"'):
            return str(words)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return _short("" if "<" in text else text)
    fault = _fault(found) if isinstance(found, dict) else None
    return _short(fault if isinstance(fault, str) else json.dumps(fault or found))


def _short(words: str) -> str:
    """Return a stranger's words on one line, fit to be shown."""
    plain = "".join(sign if sign.isprintable() else " " for sign in words)
    return " ".join(plain.split())[:SHOWN] or "…"


def _fault(told: dict[str, Any]) -> Any:
    names = ("error_description", "errors", "error", "message", "exception")
    return next((told[name] for name in names if told.get(name)), None)
