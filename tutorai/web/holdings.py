"""A privacy launch: what we hold of a person, for how long, and how it goes. For the shell."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tutorai import privacy
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Institution, User
from tutorai.lmsdm.schema import Actor


def first_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where it brings an administrator, or the person themself; `lti.about` let them come."""
    named = User.objects.filter(pk__in=filter(None, [actor.subject_id]))
    person = named.filter(institution_id=actor.institution_id).first()
    if person is not None:
        audit.record(verb=Verb.HOLDINGS_READ, actor=actor, object_kind="user", subject=person.pk)
    facts = {
        "actor": actor,
        "institution": Institution.objects.get(pk=actor.institution_id),
        "person": person,
        "own": actor.subject_id == actor.user_id,
        "lines": privacy.held(person.pk) if person else [],
    }
    return render(request, "privacy.html", facts)
