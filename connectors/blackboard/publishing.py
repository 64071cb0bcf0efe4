"""Writing into a Blackboard course: pages and announcements. It takes no quizzes: those are given
to teachers as QTI to import.

A page of Ultra is made in two steps, a folder and the document in it, so that half of one may be
there. What we made is found again by a link of ours at its end: BbML keeps links, and neither
comments nor attributes.
Source: https://docs.anthology.com/docs/blackboard/rest-apis/hands-on/creating-content-with-rest-apis
"""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from connectors.base import Draft, Published, Publishing, Tokens
from connectors.blackboard import mapper
from connectors.blackboard.client import named
from connectors.blackboard.payloads import Announcement, Content, Course, read
from connectors.blackboard.wire import Wire, meaning
from connectors.quota import Spend
from tutorai.errors import LMSMisunderstood, LMSRefused, LMSThrottled, LMSUnavailable, NotSent

SHOWN = {"available": "Yes"}


class Publisher:
    """What writes into one Blackboard (`connectors.base.Publisher`)."""

    takes = frozenset({Draft.PAGE, Draft.ANNOUNCEMENT})

    def __init__(self, base_url: str, tokens: Tokens) -> None:
        self._wire = Wire(base_url, tokens, Spend.INTERACTIVE)

    def find(self, course_id: str, what: Publishing) -> Published | None:
        """Return what an earlier try made, also half of it; raise LMSError."""
        path = f"v1/courses/{named(course_id)}"
        if what.draft is Draft.ANNOUNCEMENT:
            return self._announced(path, what)
        return self._page(path, what) if what.draft is Draft.PAGE else None

    def publish(self, course_id: str, what: Publishing, begun: Published | None) -> Published:
        """Make it, or finish what was `begun`; raises as `connectors.base.Publisher` says."""
        if begun and begun.whole:
            return begun
        path = f"v1/courses/{named(course_id)}"
        match what.draft:
            case Draft.ANNOUNCEMENT:
                body = {
                    "title": what.title,
                    "body": _body(what),
                    "availability": {"duration": {"type": "Permanent"}},
                }
                told = read(Announcement, self._made(f"{path}/announcements", body))
                return self._announcement(path, told.id)
            case Draft.PAGE:
                return self._written(path, what, begun)
        raise LMSRefused()

    # --- pages ----------------------------------------------------------------------------

    def _written(self, path: str, what: Publishing, begun: Published | None) -> Published:
        course = self._course(path)
        if not course.ultra:
            folder = self._first_folder(path)
            return self._place(course, self._content(folder or f"{path}/contents", what))
        if begun is None:
            handler = {"id": "resource/x-bb-folder", "isBbPage": True}
            made = self._content(f"{path}/contents", what, handler)
            begun = self._place(course, made, whole=False)
        self._content(f"{path}/contents/{begun.external_id}/children", what)
        return Published(begun.external_id, begun.url)

    def _content(
        self, path: str, what: Publishing, handler: Mapping[str, Any] | None = None
    ) -> Content:
        body = {
            "title": what.title,
            "body": _body(what),
            "availability": SHOWN,
            "contentHandler": handler or {"id": mapper.DOCUMENT},
        }
        return read(Content, self._made(path, body))

    def _course(self, path: str) -> Course:
        return read(Course, self._wire.get(path.replace("v1/", "v3/", 1)))

    def _first_folder(self, path: str) -> str | None:
        """Return where an Original course takes a page: in its first area."""
        for payload in self._wire.pages(f"{path}/contents"):
            told = read(Content, payload)
            if told.is_folder:
                return f"{path}/contents/{told.id}/children"
        return None

    def _page(self, path: str, what: Publishing) -> Published | None:
        """Look among the pages of that title where one would have been made."""
        course = self._course(path)
        where = f"{path}/contents" if course.ultra else self._first_folder(path)
        for payload in self._wire.pages(where or f"{path}/contents"):
            told = read(Content, payload)
            if told.title != what.title:
                continue
            inside = (
                [
                    read(Content, one)
                    for one in self._wire.pages(f"{path}/contents/{told.id}/children")
                ]
                if told.content_handler.is_bb_page
                else []
            )
            ours = [one for one in (told, *inside) if _marked(one.body, what)]
            if ours:
                half = told.content_handler.is_bb_page and ours == [told]
                return self._place(course, told, whole=not half)
        return None

    def _place(self, course: Course, told: Content, *, whole: bool = True) -> Published:
        return Published(told.id, mapper.address(told, self._wire.base, course.id), whole)

    # --- announcements --------------------------------------------------------------------

    def _announced(self, path: str, what: Publishing) -> Published | None:
        for payload in self._wire.pages(f"{path}/announcements"):
            told = read(Announcement, payload)
            if _marked(told.body, what):
                return self._announcement(path, told.id)
        return None

    def _announcement(self, path: str, own: str) -> Published:
        course = path.rpartition("/")[2]
        return Published(own, f"{self._wire.base}/ultra/courses/{course}/announcements")

    def _made(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send it once and return what was made; raise what a refusal means."""
        response = self._wire.submit("POST", path, body)
        if response.is_success:
            try:
                return json.loads(response.content)
            except ValueError as error:
                raise LMSUnavailable() from error  # it is there, and nobody said as what
        wrong = meaning(response)
        if isinstance(wrong, LMSThrottled):
            raise NotSent(retry_after=wrong.retry_after) from wrong
        raise LMSUnavailable() if isinstance(wrong, LMSMisunderstood) else wrong


def _link(what: Publishing) -> str:
    return f"{settings.PUBLIC_URL}/#{what.mark}"


def _body(what: Publishing) -> str:
    return f'{what.html}<p><a href="{_link(what)}">Tutor.AI</a></p>'


def _marked(body: str, what: Publishing) -> bool:
    return f"#{what.mark}" in body
