"""What an answer says, whatever it looks like: JSON as it is, of a page only what matters.

Recordings of foreign pages are kept in this form alone; ours are read into it and compared.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

Facts = dict[str, Any]
OURS = "/as"  # where a visitor says as whom to look
FRAME = ("id", "src", "height", "width", "allow", "sandbox", "allowfullscreen")


class Page(HTMLParser):
    """A page's title, its error or notice, its forms and frames, and what it hands to a script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Facts] = []
        self.frames: list[Facts] = []
        self.words: dict[str, str] = {}
        self._open = self._area = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a form or a text that is kept; take fields and frames."""
        given = {name.lower(): value or "" for name, value in attrs}
        kind = given.get("class", "").split()
        if tag == "form":
            method = given.get("method", "get").lower()
            self.forms.append({"action": given.get("action", ""), "method": method, "fields": {}})
        elif tag == "input" and self.forms:
            self.forms[-1]["fields"][given["name"]] = given.get("value", "")
        elif tag == "textarea" and self.forms:
            self._area = given["name"]
            self.forms[-1]["fields"][self._area] = ""
        elif tag == "iframe":
            self.frames.append({name: given[name] for name in FRAME if name in given})
        elif tag == "title":
            self._open = "title"
            self.words["title"] = ""
        elif "errormessage" in kind:
            self._open = "error"
        elif "notice" in kind:
            self._open = "notice"
        elif given.get("id") == "returned":
            self._open = "returned"

    def handle_endtag(self, tag: str) -> None:
        """End a text that is kept."""
        if tag in ("title", "p", "script"):
            self._open = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        """Keep the text of what is open."""
        if self._area:
            self.forms[-1]["fields"][self._area] += data
        if self._open:
            self.words[self._open] = self.words.get(self._open, "") + data

    @property
    def facts(self) -> Facts:
        """All of it; an error page's button is no fact, nor is what the sandbox adds on top."""
        forms = [one for one in self.forms if one["action"] != OURS]
        told: Facts = {name: " ".join(text.split()) for name, text in self.words.items()}
        if "returned" in told:
            told["returned"] = json.loads(self.words["returned"])
        if "error" not in told:
            told |= {"forms": forms} if forms else {}
            told |= {"frames": self.frames} if self.frames else {}
        return told


def said(kind: str, text: str) -> Any:
    """Return the facts of a body; JSON is read also where the header calls it HTML."""
    try:
        return json.loads(text)
    except ValueError:
        return {"page": Page(text).facts} if "<" in text and "html" in kind else text
