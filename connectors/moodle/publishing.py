"""What can be written into a Moodle's course: announcements. Pages and quizzes, a teacher imports.

No function of core makes an activity, or a question. A discussion has no place for a mark of
ours but its message: it stands in a class there, which Moodle's cleaning of HTML keeps.

Source: Moodle's mod/forum/externallib.php (add_discussion)
"""

from typing import Any
from urllib.parse import urlencode

from connectors.base import Draft, Published, Publishing, Tokens
from connectors.moodle import payloads, wire
from connectors.moodle.client import Moodle
from connectors.moodle.wire import Wire
from tutorai.errors import LMSMisunderstood, LMSNotFound, LMSRefused, LMSUnavailable

ALL = -1  # the group that is everybody


class Publisher:
    """How a Moodle is written to (`connectors.base.Publisher`)."""

    takes = frozenset({Draft.ANNOUNCEMENT})

    def __init__(self, base_url: str, tokens: Tokens, *, patience: float = 20) -> None:
        self._wire = Wire(base_url, tokens, patience=patience)
        self._reader = Moodle(base_url, tokens, patience=patience)

    def find(self, course_id: str, what: Publishing) -> Published | None:
        """Return the announcement that an earlier try made; raise LMSError."""
        if what.draft not in self.takes:
            return None
        for forum in self._reader.news(course_id):
            for told in self._reader.discussions(forum.id):
                if _class(what) in told.message:
                    return self._published(told.discussion)
        return None

    def publish(self, course_id: str, what: Publishing, begun: Published | None) -> Published:
        """Post an announcement, once; raise LMSRefused for what has no function, and as `Wire.post`."""
        if what.draft not in self.takes:
            raise LMSRefused()
        if begun is not None:
            return begun
        forum = next(iter(self._reader.news(course_id)), None)
        if forum is None:
            raise LMSNotFound()
        given = {
            "forumid": forum.id,
            "subject": what.title,
            "message": f'<div class="{_class(what)}">{what.html}</div>',
            "groupid": ALL,
        }
        told = self._sent("mod_forum_add_discussion", given)
        return self._published(wire.understood(payloads.Made, told).discussionid)

    def _sent(self, function: str, given: dict[str, Any]) -> Any:
        """Send once and return the answer; raise LMSUnavailable when nobody can say what it is."""
        response = self._wire.post(urlencode([*wire.flat(given), *wire.asking(function)]))
        if wrong := self._wire.trouble(response):
            raise wrong
        try:
            return wire.answered(response)
        except LMSMisunderstood as error:
            raise LMSUnavailable() from error

    def _published(self, own: str) -> Published:
        url = f"{self._wire.base}/mod/forum/discuss.php?d={own}"
        return Published(f"announcement:{own}", url)


def _class(what: Publishing) -> str:
    return f"tutorai-{what.mark}"
