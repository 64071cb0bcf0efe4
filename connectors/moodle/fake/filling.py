"""The teacher's form for an activity, as a tool's answer fills it, and what saving it creates.

`available`, `submission`, `window`, `iframe` and the column's own label fall by the wayside;
custom parameters become lines. A plain `link` becomes an activity of the tool all the same.
Source: Moodle's mod/lti/locallib.php; Moodle 4.5 recordings, lti_deeplink_*_4_deep_link_response
and browser_deeplink_one_form_values
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from connectors.sandbox.claims import AGS_SCOPES
from connectors.sandbox.models import Tool

Told = dict[str, Any]
PLAIN, HTML = "2", "1"  # formats of a text
KINDS = ("ltiResourceLink", "link")
POINTS = 100
OWN = "DEFAULT"  # for an address: the tool's own


def forms(tool: Tool, items: list[Any]) -> list[Told]:
    """Return what the form is filled with, for each item."""
    return [_form(tool, one) for one in items if isinstance(one, dict) and one.get("type") in KINDS]


def returned(filled: list[Told]) -> Told | None:
    """Return what the page hands to the form: of several, all under one name."""
    if len(filled) > 1:
        return {"multiple": filled}
    return filled[0] if filled else None


def _form(tool: Tool, item: Told) -> Told:
    line = item.get("lineItem") if isinstance(item.get("lineItem"), dict) else None
    told: Told = {
        "name": str(item.get("title") or tool.name),
        "introeditor": {"text": str(item.get("text") or ""), "format": PLAIN},
    }
    if isinstance(item.get("icon"), dict):
        told["icon"] = str(item["icon"].get("url") or "")
    if item.get("url"):
        told["toolurl"] = str(item["url"])
    told["typeid"] = 0 if item.get("url") else str(tool.pk)
    told |= _grades(tool, line)
    told |= {"instructorchoicesendname": 0, "instructorchoicesendemailaddr": 0}
    told["launchcontainer"] = 1
    if isinstance(item.get("custom"), dict):
        told["instructorcustomparameters"] = lines(item["custom"])
    return {**told, "selectcontentindicator": "Content selected"}


def _grades(tool: Tool, line: Told | None) -> Told:
    """Return the column's part: by the tool's setting always, or as the item has one."""
    delegated = tool.told.get("accept_grades") == "delegate"
    if not tool.granted(AGS_SCOPES) or (delegated and line is None):
        return {"instructorchoiceacceptgrades": 0}
    told: Told = {"instructorchoiceacceptgrades": 1, "grade_modgrade_point": POINTS}
    if line is None:
        return told
    told["grade_modgrade_point"] = line.get("scoreMaximum", POINTS)
    told["lineitemresourceid"] = str(line.get("resourceId") or "")
    told["lineitemtag"] = str(line.get("tag") or "")
    review = line.get("submissionReview")
    if isinstance(review, dict):
        # mod/lti/locallib.php, content_item_to_form: without an address it is the tool's own.
        told["lineitemsubreviewurl"] = str(review.get("url") or OWN)
        told["lineitemsubreviewparams"] = lines(review.get("custom") or {})
    return told


def lines(custom: Mapping[str, Any]) -> str:
    """Write parameters as Moodle stores them: one a line."""
    return "\n".join(f"{name}={value}" for name, value in custom.items())


def parameters(text: str) -> dict[str, str]:
    """Read such lines; what has no sign of equality is none."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def item(form: Mapping[str, Any]) -> Told:
    """Return the link that saving a form makes, in the words of a content item.

    Text that was typed into the form is HTML; of several at once it stays plain.
    """
    text = str(form.get("text") or "")
    told: Told = {
        "type": "ltiResourceLink",
        "title": str(form.get("name") or ""),
        "text": escape(text) if form.get("format") == PLAIN else text,
        "url": str(form.get("toolurl") or ""),
        "custom": parameters(str(form.get("instructorcustomparameters") or "")),
        "icon": {"url": str(form.get("icon") or "")},
    }
    if str(form.get("instructorchoiceacceptgrades") or "0") == "0":
        return told
    line: Told = {
        "scoreMaximum": form.get("grade_modgrade_point") or POINTS,
        "resourceId": str(form.get("lineitemresourceid") or ""),
        "tag": str(form.get("lineitemtag") or ""),
    }
    if where := str(form.get("lineitemsubreviewurl") or ""):
        line["submissionReview"] = {
            **({} if where == OWN else {"url": where}),
            "custom": parameters(str(form.get("lineitemsubreviewparams") or "")),
        }
    return {**told, "lineItem": line}
