"""What people write by hand, as the HTML that leaves here: Markdown with formulas, cleaned."""

import re

from markdown_it import MarkdownIt

from connectors.exchange.markup import CONTROL, escaped
from tutorai.lmsdm import store

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# Formulas as LMSs draw them; Markdown would take their backslashes and underscores for its own.
# None reaches over the beginning of another: a text of beginnings alone would take hours.
FORMULA = re.compile(
    r"(?<!\\)\\\((?:(?!(?<!\\)\\\().)+?\\\)|(?<!\\)\\\[(?:(?!(?<!\\)\\\[).)+?\\\]|\$\$.+?\$\$",
    re.DOTALL,
)
HELD = re.compile("\ue000(\\d+)\ue001")
ALONE = re.compile(r"<p>([^<]*)</p>\s*")
MEANT = re.compile(r"[\\`*_{}\[\]<>#+|~&]|^\s*(?:[-=.)\d]|\Z)")  # may be Markdown


def rendered(text: str) -> str:
    """Return Markdown as clean HTML; HTML in it stays HTML."""
    kept: list[str] = []

    def hold(formula: re.Match[str]) -> str:
        kept.append(escaped(formula[0]))
        return f"\ue000{len(kept) - 1}\ue001"

    sane = re.sub("[\ue000\ue001]", "", CONTROL.sub("", text.replace("\r\n", "\n")))
    html = MARKDOWN.render(FORMULA.sub(hold, sane))
    return store.clean(HELD.sub(lambda held: kept[int(held[1])], html)).strip()


def source(html: str) -> str:
    """Return how HTML can be written so that `rendered` gives it again: plain words, else HTML."""
    alone = ALONE.fullmatch(html)
    if alone is not None and not MEANT.search(alone[1]):
        return alone[1].strip()
    return re.sub(r"\n\s*\n+", "\n", html)  # an empty line would end a piece of HTML
