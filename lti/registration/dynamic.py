"""Dynamic registration: from an invite to the rows, with a person's yes in between.

consider     the platform's configuration → what would be registered, and a ticket for just that
carry_out    the ticket, confirmed → the platform is asked → rows in one transaction

Source: https://www.imsglobal.org/spec/lti-dr/v1p0
"""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import DatabaseError, transaction

from lti import invites, keys
from lti.models import Invite, Registration
from lti.oidc import digest
from lti.platforms.profile import Profile, host_of
from lti.registration import body, configuration, held, reading, renewal
from lti.registration.answer import Answer, understood
from lti.registration.configuration import Configuration
from lti.registration.errors import (
    AnswerUnread,
    BadToken,
    ClientTaken,
    ConfigurationAway,
    ConfigurationWrong,
    InviteUsed,
    NoConfiguration,
    NotConfirmed,
    NotWritten,
    OtherPlatform,
    RegistrationAway,
)
from lti.registration.ours import SHARES, Ours
from tutorai.errors import LMSMisunderstood, LMSUnavailable, NotSent, TooBig
from tutorai.ids import new_id
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb

logger = logging.getLogger(__name__)
SALT = "lti.register"
OPEN = 30 * 60  # seconds to confirm; platforms' own tokens hold an hour


@dataclass(frozen=True)
class Considered:
    """What a person is asked to confirm."""

    invite: Invite
    told: Configuration
    ticket: str  # signed: this invite, this configuration, this token of the platform

    @property
    def profile(self) -> Profile:
        """How the platform registers tools."""
        return self.told.profile


@dataclass(frozen=True)
class Choices:
    """What the person may choose."""

    shares: str = "public"
    approve: bool = False  # each installation of it at once


@dataclass(frozen=True)
class Done:
    """What came of it."""

    registration: Registration
    profile: Profile
    withheld: tuple[str, ...]  # scopes that were asked for and not granted
    renewed: bool


def consider(secret: str, url: str, token: str) -> Considered:
    """Read the platform's configuration for an invite; nothing is written, nothing is spent.

    `token` is the platform's own: it is kept nowhere. Raises NotRegistered, UrlRefused.
    """
    invite = invites.find(secret)
    if not url:
        raise NoConfiguration()
    if not (token.isascii() and token.isprintable()):  # it goes into a header
        raise BadToken()
    told = configuration.fetch(url, token=token)
    if not told.registration_endpoint:
        raise ConfigurationWrong(host=host_of(url), member="registration_endpoint")
    _same_platform(invite, told)
    bound = {"invite": str(invite.pk), "token": digest(token), "told": asdict(told)}
    return Considered(invite, told, signing.dumps(bound, salt=SALT, compress=True))


def carry_out(
    secret: str, ticket: str, token: str, choices: Choices, *, patience: float = reading.PATIENCE
) -> Done:
    """Register what was confirmed; a failure leaves the invite good and no row.

    `patience` is how many seconds the platform may take. Raises NotRegistered, UrlRefused.
    """
    invite = invites.find(secret)
    told = _confirmed(invite, ticket, token)
    if choices.shares not in SHARES:
        raise NotConfirmed()
    _same_platform(invite, told)
    claimed = invites.claim(invite)
    try:
        answer = _ask(told, token, choices, patience)
        return _write(invite, claimed, told, answer, choices)
    finally:
        invites.give_back(invite, claimed)  # unless it was spent


def _same_platform(invite: Invite, told: Configuration) -> None:
    if invite.renews and invite.renews.issuer != told.issuer:
        raise OtherPlatform(issuer=invite.renews.issuer)


def _confirmed(invite: Invite, ticket: str, token: str) -> Configuration:
    """Return the configuration that was shown; raise NotConfirmed."""
    try:
        bound: dict[str, Any] = signing.loads(ticket, salt=SALT, max_age=OPEN)
    except signing.BadSignature as error:
        raise NotConfirmed() from error
    if bound["invite"] != str(invite.pk) or not compare_digest(bound["token"], digest(token)):
        raise NotConfirmed()
    told = bound["told"]
    messages = {kind: tuple(places) for kind, places in told.pop("messages").items()}
    return Configuration(**{**told, "scopes": tuple(told["scopes"])}, messages=messages)


def _ask(told: Configuration, token: str, choices: Choices, patience: float) -> Answer:
    """Ask the platform; raise RegistrationAway where nobody knows what came of it."""
    host = host_of(told.registration_endpoint)
    sent = body.request(told, Ours(settings.PUBLIC_URL), shares=choices.shares)
    try:
        url = told.registration_endpoint
        status, text = reading.ask("POST", url, token=token, json=sent, deadline=patience)
    except NotSent as error:
        raise ConfigurationAway(host=host) from error
    except LMSUnavailable as error:
        raise RegistrationAway(host=host) from error
    except (LMSMisunderstood, TooBig) as error:
        raise AnswerUnread(host=host, member="HTTP") from error
    return understood(status, text, host=host, profile=told.profile)


def _write(
    invite: Invite, claimed: datetime, told: Configuration, answer: Answer, choices: Choices
) -> Done:
    """Write it all down, or say truthfully that the platform knows us and we do not know it."""
    try:
        with transaction.atomic():
            row, before = _row(invite, told, answer)
            renewed = before != ""
            if answer.deployment_id:
                renewal.carry(
                    row,
                    answer.deployment_id,
                    invite.institution_id,
                    anew=before not in {"", row.client_id},
                )
            if choices.approve and row.only_institution():
                row.auto_approve_deployments = True
                row.save(update_fields=["auto_approve_deployments"])
            invites.spend(invite, claimed, row)
            audit.record(
                verb=Verb.PLATFORM_RENEW if renewed else Verb.PLATFORM_REGISTER,
                account=invite.by_id,
                object_kind="registration",
                object_id=row.pk,
                institution=invite.institution_id,
            )
            keys.ensure()
    except (DatabaseError, InviteUsed) as error:
        logger.exception("A platform registered us, and we could not write it down")
        raise NotWritten(client=answer.client_id) from error
    return Done(row, told.profile, answer.withheld(body.wanted(told)), renewed)


def _row(invite: Invite, told: Configuration, answer: Answer) -> tuple[Registration, str]:
    """Return the registration this makes or renews, saved, and its client id before ("": new).

    Raises ClientTaken.
    """
    rows = Registration.objects.select_for_update()
    same = rows.filter(issuer=told.issuer, client_id=answer.client_id).first()
    row = rows.filter(pk=invite.renews_id).first() if invite.renews_id else same
    # Moodle's "update" keeps its client id, whatever invite it was done with.
    foreign = row is not None and row.institution_id != invite.institution_id
    taken = held.taken(invite.institution_id, answer.client_id, told.token_endpoint)
    if (same and same != row) or foreign or taken:
        raise ClientTaken(host=host_of(told.issuer), client=answer.client_id)
    before = row.client_id if row else ""
    if row is None:
        row = Registration(
            issuer=told.issuer,
            institution=invite.institution,
            name=told.account or f"{told.profile.title} ({host_of(told.issuer)})",
            login_slug=new_id().hex,
        )
    row.client_id = answer.client_id
    row.auth_url, row.token_url = told.authorization_endpoint, told.token_endpoint
    row.jwks_url, row.token_audience = told.jwks_uri, told.audience
    row.family, row.source = told.profile.family, Registration.Source.DYNAMIC
    row.answered, row.scopes = answer.kept, list(answer.scopes)
    row.awaits_activation = told.profile.pending
    row.save()
    return row, before
