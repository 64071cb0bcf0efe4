"""Static files over ASGI: from memory, compressed once, checked by ETag.

WhiteNoise speaks WSGI only: its middleware would cost every request a thread. A CDN in front
needs nothing more than this. Names carry no hash, for ES modules import each other by name.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified

from tutorai.access import public
from tutorai.threads import in_thread

TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
SQUEEZED = frozenset({".js", ".css", ".svg", ".json", ".txt"})


@dataclass(frozen=True)
class Asset:
    """One file as it is sent; `read_at` is the file's time of change when it was read."""

    body: bytes
    squeezed: bytes | None
    etag: str
    kind: str
    read_at: float


_held: dict[str, Asset] = {}


def _read(path: str) -> Asset:
    """Return the file, from memory while it has not changed on disk; raise Http404."""
    found = finders.find(path)
    file = Path(found) if isinstance(found, str) else None
    if file is None or not file.is_file():
        raise Http404
    changed = file.stat().st_mtime
    held = _held.get(path)
    if held is None or held.read_at != changed:
        body = file.read_bytes()
        squeezed = gzip.compress(body, mtime=0) if file.suffix in SQUEEZED else None
        kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "text/plain"
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        held = _held[path] = Asset(body, squeezed, etag, kind, changed)
    return held


@public
async def asset(request: HttpRequest, path: str) -> HttpResponse:
    """Send a static file; a browser that has it gets 304."""
    found = await in_thread(_read)(path)
    if request.headers.get("If-None-Match") == found.etag:
        response: HttpResponse = HttpResponseNotModified()
    elif found.squeezed and "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(found.squeezed, content_type=found.kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(found.body, content_type=found.kind)
    response.headers["ETag"] = found.etag
    response.headers["Cache-Control"] = "no-cache"  # keep it, but ask
    response.headers["Vary"] = "Accept-Encoding"
    return response
