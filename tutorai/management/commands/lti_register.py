"""Register a platform, or change what we know of it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from lti import keys
from lti.models import Deployment, Registration
from tutorai.errors import UrlRefused
from tutorai.http import check_url
from tutorai.ids import new_id
from tutorai.lmsdm.models import Institution

URLS = ("auth_url", "token_url", "jwks_url")
FAMILIES = ("canvas", "moodle", "blackboard", "other")
LONGEST = 255  # characters of an issuer, client or deployment id


class Command(BaseCommand):
    help = "Register an LTI 1.3 platform; again for the same issuer and client updates it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in ("name", "issuer", "client-id", "auth-url", "token-url", "jwks-url"):
            parser.add_argument(f"--{name}", required=True)
        parser.add_argument("--audience", help="of token requests, where it is not the token URL")
        parser.add_argument("--family", choices=FAMILIES, help="other, unless you say")
        parser.add_argument("--institution", default="", help="its name or slug")
        parser.add_argument("--deployment-id", action="append", default=[], help="may be repeated")

    @transaction.atomic
    def handle(self, **given: Any) -> None:
        _check(given)
        told = {name: given[name].strip() for name in ("name", *URLS)}
        told |= {"family": given["family"]} if given["family"] else {}
        told |= {"token_audience": given["audience"]} if given["audience"] is not None else {}
        who = {"issuer": given["issuer"].strip(), "client_id": given["client_id"].strip()}
        held = Registration.objects.filter(**who).first()
        named = given["institution"].strip()
        institution = (not named and held and held.institution) or school(named)
        row, _new = Registration.objects.update_or_create(
            **who,
            defaults=told,
            create_defaults={**told, "institution": institution, "login_slug": new_id().hex},
        )
        for deployment_id in given["deployment_id"]:
            _activate(row, deployment_id.strip(), institution, moved=bool(named))
        keys.ensure()
        self.stdout.write(json.dumps(described(row, institution)))


def _check(given: dict[str, Any]) -> None:
    """Raise CommandError where something cannot be registered."""
    for name in ("name", "issuer", "client_id", *URLS):
        if not given[name].strip():
            raise CommandError(f"--{name.replace('_', '-')} is empty.")
    for name in ("issuer", "client_id"):
        if len(given[name]) > LONGEST:
            raise CommandError(f"--{name.replace('_', '-')} is longer than {LONGEST} characters.")
    for one in given["deployment_id"]:
        if not one.strip() or len(one) > LONGEST:
            raise CommandError(f"--deployment-id takes 1 to {LONGEST} characters.")
    for name in URLS:
        try:
            check_url(given[name].strip())
        except UrlRefused as error:
            raise CommandError(f"--{name.replace('_', '-')}: {error}") from error


def _activate(
    row: Registration, deployment_id: str, institution: Institution, *, moved: bool
) -> None:
    """Make a deployment active; one that another school uses stays there."""
    held = Deployment.objects.filter(registration=row, deployment_id=deployment_id).first()
    if held and held.institution and held.institution != institution:
        if moved and held.status != Deployment.Status.PENDING:
            raise CommandError(
                f"Deployment {deployment_id} belongs to {held.institution.slug}, not to "
                f"{institution.slug}. Two schools never share one."
            )
        institution = institution if moved else held.institution
    Deployment.objects.update_or_create(
        registration=row,
        deployment_id=deployment_id,
        defaults={"institution": institution, "status": Deployment.Status.ACTIVE},
    )


def school(name: str) -> Institution:
    """Return the institution of this slug or exact name, made if need be; "" is the default one.

    Two names never become one school because they look alike.
    """
    if not name:
        return Institution.objects.get_or_create(slug="default", defaults={"name": "Default"})[0]
    found = Institution.objects.filter(Q(slug=name) | Q(name=name))
    exact = found.filter(slug=name).first()
    if exact is None and len(found) > 1:
        slugs = ", ".join(sorted(one.slug for one in found))
        raise CommandError(f"More than one institution is called {name!r}. Say which: {slugs}.")
    return exact or found.first() or _made(name)


def _made(name: str) -> Institution:
    slug = slugify(name)[:60]
    if not slug or Institution.objects.filter(slug=slug).exists():
        slug = f"{slug or 'school'}-{new_id().hex[-8:]}"
    return Institution.objects.create(slug=slug, name=name)


def described(row: Registration, institution: Institution) -> dict[str, Any]:
    """Return what an administrator may want to know."""
    held = row.deployment_set.order_by("created_at")
    return {
        "registration_id": str(row.pk),
        "issuer": row.issuer,
        "client_id": row.client_id,
        "institution": institution.slug,
        "deployments": [{"deployment_id": d.deployment_id, "status": d.status} for d in held],
        "login_path": f"/lti/login/{row.login_slug}",
    }
