"""Register a platform, or change what we know of it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from lti import keys
from lti.models import Deployment, Registration
from tutorai.errors import UrlRefused
from tutorai.http import check_url
from tutorai.ids import new_id
from tutorai.lmsdm.models import Institution

URLS = ("auth_url", "token_url", "jwks_url")


class Command(BaseCommand):
    help = "Register an LTI 1.3 platform; again for the same issuer and client updates it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in ("name", "issuer", "client-id", "auth-url", "token-url", "jwks-url"):
            parser.add_argument(f"--{name}", required=True)
        parser.add_argument("--audience", default="")
        families = ["canvas", "moodle", "blackboard", "other"]
        parser.add_argument("--family", default="other", choices=families)
        parser.add_argument("--institution", default="")
        parser.add_argument("--deployment-id", action="append", default=[])

    @transaction.atomic
    def handle(self, **given: Any) -> None:
        try:
            for name in URLS:
                check_url(given[name])
        except UrlRefused as error:
            raise CommandError(str(error)) from error
        institution = school(given["institution"])
        told = {name: given[name] for name in ("name", "family", *URLS)}
        told["token_audience"] = given["audience"]
        row, _new = Registration.objects.update_or_create(
            issuer=given["issuer"],
            client_id=given["client_id"],
            defaults=told,
            create_defaults={**told, "institution": institution, "login_slug": new_id().hex},
        )
        for deployment_id in given["deployment_id"]:
            Deployment.objects.update_or_create(
                registration=row,
                deployment_id=deployment_id,
                defaults={"institution": institution, "status": Deployment.Status.ACTIVE},
            )
        keys.ensure()
        self.stdout.write(json.dumps(described(row, institution)))


def school(name: str) -> Institution:
    """Return the institution of this name or slug, made if need be; without one the default."""
    slug = slugify(name)[:80] or "default"
    return Institution.objects.get_or_create(slug=slug, defaults={"name": name or "Default"})[0]


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
