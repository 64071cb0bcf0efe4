"""What people are called: by their name, or by a pseudonym where the LMS tells none.

A pseudonym is made of a keyed hash of the person's row: the same at every launch, another one in
another school, and it says nothing of the LMS's id. It changes with SECRET_KEY.
"""

from collections.abc import Iterable
from uuid import UUID

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from tutorai.lmsdm.models import Enrolment, User

SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"  # no vowels, so no words; nothing that looks like another
SHORT, LONG = 4, 20  # signs of a pseudonym, and of what it is the beginning of


def among(people: Iterable[User]) -> dict[UUID, str]:
    """Return what each of these people is called; no two pseudonyms are the same."""
    told = list(people)
    signs = {one.pk: _sign(one) for one in told if not one.name}
    length = SHORT
    while length < LONG and len({sign[:length] for sign in signs.values()}) < len(signs):
        length += 1
    named = {one.pk: one.name for one in told}
    return named | {pk: _pseudonym(sign[:length]) for pk, sign in signs.items()}


def called(person: User, course_id: UUID | str | None = None) -> str:
    """Return what one person is called, as `among` the people of a course."""
    if person.name:
        return person.name
    here = (
        Enrolment.objects.filter(course_id=str(course_id))
        if course_id
        else Enrolment.objects.none()
    )
    others = User.objects.filter(enrolments__in=here, name="")
    return among([person, *others])[person.pk]


def _pseudonym(sign: str) -> str:
    return _("Student %(sign)s") % {"sign": sign}


def _sign(person: User) -> str:
    digest = salted_hmac("tutorai.pseudonym", f"{person.institution_id}:{person.pk}").digest()
    number, signs = int.from_bytes(digest), ""
    for _place in range(LONG):
        number, place = divmod(number, len(SIGNS))
        signs += SIGNS[place]
    return signs
