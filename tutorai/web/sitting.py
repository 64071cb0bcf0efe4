"""What a student reads in place of the tutor: that they sit an exam, or that it is switched off."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agents import locks, policy
from agents.spend import Capability
from tutorai.lmsdm import scope, zones
from tutorai.lmsdm.schema import Actor


def facts(actor: Actor, capability: str = Capability.ASK) -> dict[str, Any]:
    """Return what says so, for a template: `shut` is false where nothing is in the way."""
    held = locks.of(actor)
    if held:
        zone = zones.of(actor, scope.courses(actor).first())
        told = zones.told(held[0].until, zone) if zone else ""  # else in the time of the device
        return {"shut": True, "lock": held[0], "until": told}
    return {"shut": policy.off(actor, capability)}


def page(request: HttpRequest, actor: Actor, capability: str) -> HttpResponse | None:
    """Return that as a page of its own; None where nothing is in the way."""
    told = facts(actor, capability)
    if not told["shut"]:
        return None
    course = scope.course(actor, actor.course_id or "")
    return render(request, "student/sitting.html", {"course": course, "actor": actor, **told})
