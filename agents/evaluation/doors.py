"""The models that a run is made against: one named place, whoever it belongs to."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from agents import llm
from agents.llm import places
from agents.llm.places import Place
from agents.models.money import Endpoint
from agents.spend import For
from tutorai.errors import NotFound
from tutorai.lmsdm.models import Institution


@dataclass(frozen=True)
class To:
    """A door to one place alone: what fails there is asked nowhere else."""

    place: Place

    def available(self, who: For, *, small: bool = False, vision: bool = False) -> bool:
        """As `llm.available`."""
        return llm.available(who, small=small, vision=vision, among=[self.place])

    def call(
        self,
        who: For,
        messages_estimate: int,
        most_out: int,
        *,
        small: bool = False,
        needs_tools: bool = False,
        needs_vision: bool = False,
    ) -> AbstractAsyncContextManager[Any]:
        """As `llm.call`."""
        return llm.call(
            who,
            messages_estimate,
            most_out,
            small=small,
            needs_tools=needs_tools,
            needs_vision=needs_vision,
            among=[self.place],
        )


def named(name: str, school: Institution | None = None) -> Place:
    """Return the place of this name: an endpoint of the school, else of the operator.

    `installation` is what the settings name. Blocking. Raises NotFound.
    """
    if school is not None:
        found = places.every(school)
    else:
        rows = Endpoint.objects.filter(institution=None, off_at=None)
        known = [told for row in rows if (told := places.told(row)) is not None]
        found = [*known, *places.installed()]
    place = next((one for one in found if one.name == name), None)
    if place is None:
        raise NotFound()
    return place
