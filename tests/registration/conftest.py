"""Platforms that register a tool as a test says."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from lti import invites
from lti.models import Invite, Registration
from lti.oidc import digest
from lti.registration import dynamic
from tests import factories
from tests.lti.scripted import Answer, Asked, Scripted, scripted
from tutorai.lmsdm.models import Institution

RECORDED = json.loads((Path(__file__).parent / "recordings" / "moodle.json").read_text())
MOODLE = "http://127.0.0.1:8888"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
TOKEN = "the platform's own token"  # of a registration


@dataclass
class Registrar:
    """A platform with a host of its own, that says what is ordered."""

    server: Scripted
    host: str
    invite: str = ""  # its secret
    institution: Institution = field(default_factory=factories.an_institution)

    @property
    def url(self) -> str:
        """Its issuer."""
        return f"http://{self.host}"

    @property
    def config_url(self) -> str:
        """Where its configuration is."""
        return f"{self.url}/{self.host}/config"

    def configuration(self, **members: Any) -> dict[str, Any]:
        """Return a configuration with its own addresses; a member that is None is left out."""
        told = json.loads(self.moved(RECORDED["dynreg_2_openid_configuration"]["body"]))
        told["registration_endpoint"] = f"{self.url}/{self.host}/register"
        told |= members
        return {name: value for name, value in told.items() if value is not None}

    def moved(self, recorded: Any) -> str:
        """Return a recorded body as this platform would say it."""
        text = recorded if isinstance(recorded, str) else json.dumps(recorded)
        return text.replace(MOODLE, self.url)

    def says(self, configuration: Answer | dict[str, Any], *answers: Answer) -> None:
        """Order both answers."""
        if not isinstance(configuration, Answer):
            configuration = Answer(body=json.dumps(configuration))
        self.server.orders["GET", f"/{self.host}/config"] = [configuration]
        self.server.orders["POST", f"/{self.host}/register"] = list(answers)

    def registers(self, **told: Any) -> None:
        """Order a registration that succeeds as recorded of Moodle."""
        body = json.loads(self.moved(RECORDED["dynreg_3_registration"]["body"]))
        self.says(self.configuration(), Answer(body=json.dumps({**body, **told})))

    def invited(self, **fields: Any) -> str:
        """Make another invite and return its secret."""
        ends = timezone.now() + timedelta(days=1)
        self.invite = invites.make(self.institution, **{"expires_at": ends, **fields})
        return self.invite

    def asked(self, method: str) -> list[Asked]:
        """Return what it was asked."""
        found = [one for one in self.server.asked if f"/{self.host}/" in one.path]
        return [one for one in found if one.method == method]

    def sent(self) -> dict[str, Any]:
        """Return the registration that was sent last."""
        found: dict[str, Any] = json.loads(self.asked("POST")[-1].body)
        return found

    def consider(self, token: str = TOKEN) -> dynamic.Considered:
        """Come as the platform's browser does."""
        return dynamic.consider(self.invite, self.config_url, token)

    def register(self, token: str = TOKEN, **choices: Any) -> dynamic.Done:
        """Come, and confirm."""
        ticket = self.consider(token).ticket
        return dynamic.carry_out(self.invite, ticket, token, dynamic.Choices(**choices))

    def untouched(self) -> bool:
        """Whether nothing was written, and the invite may be used."""
        rows = Registration.objects.filter(institution=self.institution)
        used = Invite.objects.get(secret_hash=digest(self.invite)).used_at
        return not rows.exists() and used is None and invites.find(self.invite) is not None


@pytest.fixture(scope="session")
def platforms() -> Iterator[Scripted]:
    """One server for all of them."""
    with scripted() as server:
        yield server


@pytest.fixture
def registrar_of(platforms: Scripted) -> Callable[..., Registrar]:
    """Return a function that makes platforms, each with an invite."""

    def make(**fields: Any) -> Registrar:
        numbers = ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))
        made = Registrar(platforms, f"127.{numbers}:{platforms.server_port}", **fields)
        made.invited()
        return made

    return make


@pytest.fixture
def registrar(registrar_of: Callable[..., Registrar]) -> Registrar:
    """One of them."""
    return registrar_of()
