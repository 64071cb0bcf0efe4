"""What a Canvas's web addresses look like: https://host/courses/7, and 21~7 on another shard.

Canvas API: Object IDs (global ids)
"""

import re
from urllib.parse import urlsplit

from connectors.places import Place
from tutorai import http

COURSE = re.compile(r"/courses/(\d+(?:~\d+)?)(?:/|$)")
SHARD = 10**13  # how far apart Canvas numbers the rows of two shards


def read(address: str) -> Place:
    """Return the Canvas, and the course if the address names one; raise ValueError."""
    named = COURSE.search(urlsplit(address).path)
    return Place(http.base_of(address), named[1] if named else "", "canvas")


def url(place: Place) -> str:
    """Return the course's own page."""
    return f"{place.base_url}/courses/{place.external_id}"


def whole(external_id: str) -> str:
    """Return an id in its long form: 21~7 is 210000000000007."""
    shard, tilde, own = external_id.rpartition("~")
    return str(int(shard) * SHARD + int(own)) if tilde else own
