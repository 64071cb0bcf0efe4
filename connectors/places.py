"""Where a course lives in an LMS, and how each LMS's addresses say so."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Place:
    """A course in an LMS; `external_id` may be empty where an address names the LMS alone."""

    base_url: str  # scheme://host[:port], for Moodle with the path that the site is in
    external_id: str
    lms: str = "canvas"


class Addresses(Protocol):
    """What an LMS's web addresses look like; one module a dialect (`connectors.<lms>.address`)."""

    def read(self, address: str) -> Place:
        """Return what an address names; raise ValueError where it is no web address."""

    def url(self, place: Place) -> str:
        """Return the course's own page."""

    def whole(self, external_id: str) -> str:
        """Return an id in the one form in which it can be compared."""
