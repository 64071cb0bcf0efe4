"""What an LMS itself asserts of its REST ids, in a launch. Pure; nothing joins by name or e-mail."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lti.claims import Launch
from lti.registration import profiles
from tutorai.lmsdm.models import Identity

LEARN_COURSE = re.compile(r"/learn/api/v1/lti/courses/(_\d+_\d+)/")  # in an address of AGS
# In Canvas's addresses of AGS and of names and roles.
CANVAS_COURSE = re.compile(r"/api/lti/courses/(\d+(?:~\d+)?)/")
SHARD = 10**13  # how far apart Canvas numbers the rows of two shards
LONGEST = 512  # characters of host and id together


@dataclass(frozen=True)
class Join:
    """One row of ours is this id of the LMS's REST API."""

    lms: str
    kind: str
    external_id: str  # host/id


def asserted(told: Launch, *, family: str, issuer: str) -> list[Join]:
    """Return the joins of a launch; `family` is the registration's, "other" asks the platform."""
    lms = profiles.by_product(told.platform, issuer).family if family == "other" else family
    read = {"canvas": _canvas, "moodle": _moodle, "blackboard": _blackboard}.get(lms)
    return [join for join in read(told, issuer) if _fits(join)] if read else []


def _canvas(told: Launch, issuer: str) -> Iterator[Join]:
    """Canvas fills `$Canvas.user.id` and `$Canvas.course.id` in; its issuer is no school's own."""
    host = _canvas_host(told)
    for kind, name in (
        (Identity.Of.USER, "canvas_user_id"),
        (Identity.Of.COURSE, "canvas_course_id"),
    ):
        if host and name in told.custom and (kind == Identity.Of.USER or _is_there(told)):
            yield Join("canvas", kind, f"{host}/{told.custom[name]}")


def _is_there(told: Launch) -> bool:
    """Whether the course is the one that the launch's services are of.

    A link's own custom values stand before the tool's, and a teacher writes them: whoever names
    another's course there would read it by the school's connection. The services' addresses are
    Canvas's own. canvas-lms lib/lti/messages/resource_link_request.rb, unexpanded_custom_parameters
    """
    urls = (told.line_items_url, told.members_url)
    named = {_own(found[1]) for url in urls if (found := CANVAS_COURSE.search(url))}
    return not named or named == {_own(told.custom["canvas_course_id"])}


def _own(course: str) -> str:
    """Return a course's id within its shard: 21~7 and 210000000000007 are 7 there."""
    number = course.rpartition("~")[2]
    return str(int(number) % SHARD) if number.isdecimal() else course


def _canvas_host(told: Launch) -> str:
    return told.custom.get("canvas_api_domain") or _host(told.custom.get("canvas_api_base_url", ""))


def canvas_courses(told: Launch, ids: Iterable[str]) -> list[str]:
    """Return other courses of the same Canvas, that it names by these ids, as joins name them."""
    host = _canvas_host(told)
    return [f"{host}/{one}" for one in ids] if host else []


def _moodle(told: Launch, issuer: str) -> Iterator[Join]:
    """Moodle's sub and context id are its user and course ids; its issuer is its address."""
    place = issuer.rpartition("://")[2]
    for kind, external_id in ((Identity.Of.USER, told.sub), (Identity.Of.COURSE, told.context_id)):
        if external_id:
            yield Join("moodle", kind, f"{place}/{external_id}")


def _blackboard(told: Launch, issuer: str) -> Iterator[Join]:
    """Blackboard's sub and context id are the uuids of REST; its issuer is that of all schools.

    The services' addresses are the school's own, and name the course by its id:
    docs.anthology.com, LTI 1.3, "Sample JWT content" (…/lti/courses/_4_1/lineItems).
    """
    itself = told.platform_itself.get("url", "")
    urls = (told.line_items_url, told.members_url, itself, told.return_url)
    host = next((_host(url) for url in urls if _host(url)), "")
    if host and told.sub:
        yield Join("blackboard", Identity.Of.USER, f"{host}/{told.sub}")
    named = LEARN_COURSE.search(told.line_items_url)
    if host and (named or told.context_id):
        own = named[1] if named else f"uuid:{told.context_id}"
        yield Join("blackboard", Identity.Of.COURSE, f"{host}/{own}")


def _fits(join: Join) -> bool:
    return len(join.external_id) <= LONGEST


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
