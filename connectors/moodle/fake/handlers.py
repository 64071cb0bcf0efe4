"""Which of Moodle's service addresses take which media types, and who else is let in.

Source: Moodle's mod/lti/services.php; Moodle 4.5 recordings, ags_lineitems_get_accept_json.
"""

from __future__ import annotations

from django.http import HttpRequest

from connectors.sandbox.dialect import ITEM_TYPE, ITEMS_TYPE, RESULTS_TYPE, SCORE_TYPE
from connectors.sandbox.models import Tool
from connectors.sandbox.services import Wrong

ROOT = "/mod/lti/services.php"
ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
OLD_ROSTER_TYPE = "application/vnd.ims.lis.v2.membershipcontainer+json"
# By an address's last word: the types it takes, and the methods.
HANDLERS = {
    "lineitems": ((ITEMS_TYPE, ITEM_TYPE), ("GET", "POST")),
    "lineitem": ((ITEM_TYPE,), ("GET", "PUT", "DELETE")),
    "scores": ((SCORE_TYPE,), ("POST",)),
    "results": ((RESULTS_TYPE,), ("GET",)),
    "memberships": ((ROSTER_TYPE, OLD_ROSTER_TYPE), ("GET",)),
}
UNSUITED = "No context or unsupported content type"


def kind_of(request: HttpRequest) -> str:
    """Return the media type a request is about: what it wants, or what it brings."""
    if request.method == "GET":
        return request.headers.get("Accept", "")
    return request.headers.get("Content-Type", "").partition(";")[0].strip()


def handled(request: HttpRequest) -> None:
    """Raise Wrong for a type or method that leads to no handler.

    `*/*` leads to each; the two about columns then refuse it all the same.
    """
    types, methods = HANDLERS[request.path.rpartition("/")[2]]
    method, kind = str(request.method), kind_of(request)
    anything = method == "GET" and "*/*" in kind
    if method not in methods or (kind and kind not in types and not anything):
        accept = kind if method == "GET" else ""
        brought = "" if method == "GET" else kind
        place = request.path.removeprefix(ROOT)
        raise Wrong(400, f"No handler found for {place} {accept} {brought}")


def let_in(request: HttpRequest, tool: Tool | None) -> None:
    """Raise Wrong for a stranger, for another tool's address, for a type it cannot use."""
    if tool is None or request.GET.get("type_id", str(tool.id)) != str(tool.id):
        raise Wrong(401, "Unauthorized")
    word, kind = request.path.rpartition("/")[2], kind_of(request)
    wanted = {("lineitems", "GET"): ITEMS_TYPE, ("lineitems", "POST"): ITEM_TYPE}
    needed = wanted.get((word, str(request.method)))
    if needed and kind and kind != needed:
        raise Wrong(400, UNSUITED)
    if word in ("lineitem", "results") and "*/*" in kind:
        raise Wrong(400, UNSUITED)
