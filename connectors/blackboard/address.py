"""What a Blackboard's web addresses look like: https://host/ultra/courses/_12_1/outline.

Original's pages name the course in their query (`course_id=_12_1`). LTI names a course by its
uuid, which REST takes as `uuid:…`: that is how launches and connections name it here.
"""

import re
from urllib.parse import parse_qs, urlsplit

from connectors.places import Place
from tutorai import http

COURSE = re.compile(r"/courses/(_\d+_\d+)(?:/|$)")
NUMBER = re.compile(r"_\d+_\d+")


def read(address: str) -> Place:
    """Return the site, and the course if the address names one; raise ValueError."""
    parts = urlsplit(address)
    named = COURSE.search(parts.path)
    given = parse_qs(parts.query).get("course_id", [""])[-1]
    course = named[1] if named else given if NUMBER.fullmatch(given) else ""
    return Place(http.base_of(address), course, "blackboard")


def url(place: Place) -> str:
    """Return the course's own page; of one that only LTI named, the site."""
    if not NUMBER.fullmatch(place.external_id):
        return place.base_url
    return f"{place.base_url}/ultra/courses/{place.external_id}/outline"


def whole(external_id: str) -> str:
    """Return an id; the two forms of one course cannot be told to be the same."""
    return external_id
