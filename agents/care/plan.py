"""Whom an institution names for students in distress. Blocking."""

from dataclasses import dataclass
from uuid import UUID

from agents.models import CarePlan
from tutorai.lmsdm.models import Institution


@dataclass(frozen=True)
class Contact:
    """Somebody to turn to: who, how they are reached, when."""

    name: str
    how: str  # a telephone number, an address, a room
    hours: str = ""


@dataclass(frozen=True)
class Contacts:
    """What a student in distress is told of; all of it empty where nobody was named."""

    school: str
    people: tuple[Contact, ...] = ()
    recipients: tuple[str, ...] = ()  # e-mail addresses; never shown to students
    hours: str = ""  # when the recipients read it, in the institution's words

    @property
    def complete(self) -> bool:
        """Whether students are shown somebody, and somebody hears of them, who says when."""
        return bool(self.people and self.recipients and self.hours)


def contacts(institution_id: UUID) -> Contacts:
    """Return whom the institution names, and who hears of a student in distress."""
    school = Institution.objects.values_list("name", flat=True).get(pk=institution_id)
    plan = CarePlan.objects.filter(pk=institution_id).first()
    if plan is None:
        return Contacts(school)
    people = tuple(Contact(**{key: one.get(key, "") for key in FIELDS}) for one in plan.contacts)
    return Contacts(school, people, tuple(plan.recipients), plan.hours)


FIELDS = ("name", "how", "hours")
