"""A web page that a teacher names, as a content item: fetched once, and again when asked to.

It stays the page's own: its address is where a citation leads. What comes is a stranger's answer
to an address that somebody else chose: the guard of `tutorai.http` looks at every step of it.
"""

import re
import time
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePath
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from selectolax.lexbor import LexborHTMLParser

from tutorai.errors import BadRequest, LMSError, LMSUnavailable
from tutorai.http import Http, check_url
from tutorai.idle import release
from tutorai.lmsdm import media
from tutorai.lmsdm.schema import ContentItem, Kind, no_nul

DEADLINE = 20.0  # seconds for all of it: somebody waits
STEPS = 5  # redirects that are followed
PAGE = 5 * 1024**2  # bytes of one page
LONGEST = 2000  # characters of an address
TITLE = 500  # characters
PAGES = frozenset({"text/html", "application/xhtml+xml"})
# What surrounds a page's own text on most sites.
AROUND = "script, style, noscript, template, nav, aside, form, iframe, [role=navigation]"
CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Fetched:
    """What stood at an address: the HTML of a page, or the bytes of a file."""

    item: ContentItem
    html: str = ""
    content: bytes | None = None


def address(told: str) -> str:
    """Return the address somebody typed, whole; raises BadRequest and UrlRefused."""
    url = no_nul(told).strip().partition("#")[0]
    if not url or len(url) > LONGEST or any(sign.isspace() for sign in url):
        raise BadRequest(why=_("this is not a web address"))
    return check_url(url if "://" in url else f"https://{url}")


def source_id(url: str) -> str:
    """Return the id of an address's item: the same address is fetched into the same item."""
    return f"link:{url}"


def fetch(url: str, course_id: str) -> Fetched:
    """Fetch an address. Raises BadRequest, UrlRefused, TooBig and LMSError, in words of the web."""
    http = Http(deadline=DEADLINE, service="link", headers={"Accept": "text/html, */*;q=0.5"})
    release()
    try:
        return _followed(http, url, course_id)
    except LMSUnavailable as error:
        raise BadRequest(why=_("the site does not answer")) from error
    except LMSError as error:
        raise BadRequest(why=_("the site does not answer as web sites do")) from error
    finally:
        http.close()


def _followed(http: Http, url: str, course_id: str) -> Fetched:
    place, end = url, time.monotonic() + DEADLINE
    for _step in range(STEPS + 1):
        left = max(0.1, end - time.monotonic())
        with http.stream("GET", place, deadline=left) as response:
            if response.is_redirect:
                place = urljoin(place, response.headers.get("Location", ""))
                continue
            if not response.is_success:
                raise BadRequest(
                    why=_("the site answers %(status)s") % {"status": response.status_code}
                )
            kind, charset = _kind(response.headers.get("Content-Type", ""), place)
            cap = PAGE if kind in PAGES else settings.UPLOAD_LIMIT
            content = b"".join(http.chunks(response, cap=cap, end=end)) if kind else b""
        return _read(url, course_id, kind, charset, content)
    raise BadRequest(why=_("the site sends us round in circles"))


def _kind(told: str, place: str) -> tuple[str, str]:
    """Return the media type we read it as ("" for none), and the charset."""
    header = Message()
    header["Content-Type"] = told or "text/html"
    name = PurePath(unquote(urlsplit(place).path)).name
    return media.readable(header.get_content_type(), name), header.get_content_charset("")


def _read(url: str, course_id: str, kind: str, charset: str, content: bytes) -> Fetched:
    if not kind:
        raise BadRequest(why=_("there is no page and no file that Tutor.AI reads"))
    facts = {"item_id": source_id(url), "course_id": course_id, "url": url, "mime": kind}
    name = no_nul(PurePath(unquote(urlsplit(url).path)).name or urlsplit(url).netloc)[:TITLE]
    if kind not in PAGES:
        if not content:
            raise BadRequest(why=_("the file is empty or has no name"))
        item = ContentItem(kind=Kind.FILE, title=name, size=len(content), **facts)
        return Fetched(item, content=content)
    html, title = _page(_decoded(content, charset))
    if not html:
        raise BadRequest(why=_("the page has no text of its own; it may be made by a script"))
    return Fetched(ContentItem(kind=Kind.PAGE, title=title or name, **facts), html=html)


def _page(html: str) -> tuple[str, str]:
    """Return what a page is about, without what stands around it on every page of its site."""
    tree = LexborHTMLParser(html)
    found = tree.css_first("title")
    title = " ".join(found.text().split()) if found is not None else ""
    for node in tree.css(AROUND):
        node.decompose()
    best = tree.css_first("main, article, [role=main]") or tree.body
    whole = best if best is not None and best.text().strip() else tree.body
    if whole is None or not whole.text().strip():
        return "", title
    return whole.inner_html or "", no_nul(title)[:TITLE]


def _decoded(content: bytes, charset: str) -> str:
    named = CHARSET.search(content[:4096])
    for name in (charset, named[1].decode() if named else "", "utf-8"):
        try:
            return content.decode(name) if name else content.decode("utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("latin-1")
