"""The skills of a course: who sees which, what teachers change, and that they are found again.

What is found (`agents.outcomes`) has a key of where it was found, so it is found once. What a
teacher renamed, added or hid stays as they left it.
"""

from django.db.models import Q, QuerySet

from agents.models.learning import Skill
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor


def seen(actor: Actor) -> QuerySet[Skill]:
    """The skills of the actor's course that students may know of now, in its order.

    A skill whose pages are all shut is shut with them: its title would tell of them. A teacher's
    own one without pages is open.
    """
    readable = scope.items(actor.as_student).values("pk")
    shown = Q(items__in=readable) | Q(source=Skill.Source.TEACHER, items=None)
    here = Skill.objects.filter(course__in=scope.courses(actor), hidden_at=None)
    return here.filter(pk__in=here.filter(shown).values("pk")).order_by("position", "pk")
