"""Find out what a language model's endpoint can do, by a few small calls to it."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents import spend
from agents.llm import places, probing
from agents.llm.places import Place
from agents.models.money import Endpoint
from tutorai.lmsdm.models import Institution


class Command(BaseCommand):
    help = (
        "Ask an endpoint to use a tool, to answer in JSON and to look at a picture; write down at "
        "its row what it can do, and print that as one JSON object."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--endpoint", metavar="NAME", help="the first, unless one is named")
        parser.add_argument(
            "--institution",
            metavar="SLUG",
            help="its endpoints, and its money; else the operator's",
        )

    def handle(self, *, endpoint: str | None, institution: str | None, **_: Any) -> None:
        school = _school(institution) if institution else None
        place = _named(places.every(school) if school else places.operators(), endpoint)
        who = spend.For(school.pk, capability=spend.Capability.PROBE) if school else None
        found = probing.probe(place, who)
        told: dict[str, Any] = {"endpoint": place.name, "model": place.model, "size": place.size}
        told |= {"institution": institution, "data_region": place.data_region or None}
        self.stdout.write(json.dumps({**told, "ok": not found.error, **found.told()}))


def _school(slug: str) -> Institution:
    found = Institution.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no institution {slug}.")
    return found


def _named(found: list[Place], name: str | None) -> Place:
    """Return the one that is meant; raise CommandError, and say which there are."""
    for place in found:
        if name in (None, place.name):
            return place
    there = ", ".join(place.name for place in found) or "none"
    off = Endpoint.objects.filter(name=name).exclude(off_at=None).exists() if name else False
    why = "It is switched off. " if off else ""
    raise CommandError(f"There is no such endpoint. {why}There are: {there}.")
