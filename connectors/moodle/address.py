"""What a Moodle's web addresses look like: https://host/course/view.php?id=7.

A site may be in a directory of its host; which one, only its pages' own addresses tell. Its course
and user ids are those of LTI, and its address (wwwroot) is its issuer.
"""

import re
from urllib.parse import parse_qs, urlsplit

from connectors.places import Place
from tutorai import http

# Where a page of Moodle's own begins; what stands before it is the directory of the site.
PAGES = re.compile(
    r"/(?:course|mod|my|user|login|grade|admin|local|report|enrol|calendar|message|webservice)"
    r"(?:/.*)?$"
)
COURSE = re.compile(r"/course/(?:view|edit|info|resources)\.php$")
NUMBER = re.compile(r"[0-9]{1,18}")


def read(address: str) -> Place:
    """Return the site, and the course if the address names one; raise ValueError."""
    parts = urlsplit(address)
    directory = PAGES.sub("", parts.path).removesuffix("/index.php").rstrip("/")
    given = parse_qs(parts.query).get("id", [""])[-1] if COURSE.search(parts.path) else ""
    course = given if NUMBER.fullmatch(given) else ""
    return Place(http.base_of(address) + directory, course, "moodle")


def url(place: Place) -> str:
    """Return the course's own page."""
    return f"{place.base_url}/course/view.php?id={place.external_id}"


def whole(external_id: str) -> str:
    """Return an id; Moodle writes each in one way alone."""
    return external_id
