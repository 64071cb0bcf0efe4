"""The gate between model and student: text passes by whole sentences, its citations checked. Pure.

The page (static/js/markdown.js) draws a button for `[n]` wherever it reads prose. So only what it
surely shows as code or as a formula passes unchecked; whatever is in doubt is taken for prose.
"""

import re
from collections.abc import Sequence

from agents.retrieve import Passage
from agents.tutor.cite import MARK, Citation, Citations

LONGEST = 1500  # characters held back at most
LONGEST_MARK = 1000
_END = re.compile(r"(?<=[.!?:…\"”)\]])[ \t]+(?=[^\s\[])")
_BEGUN = re.compile(  # a mark that has begun and not ended
    r"\[\^?(?:\d{0,2}|\d{1,2}\s*(?:[:,]\s*(?:[\"“”„«'].*)?)?)\Z", re.DOTALL
)
_BARE = re.compile(r"\[\d{1,2}\]")
# Signs that the page's code reads otherwise than Python's, or that would stand for our own marks.
_SIGNS: dict[int, str | None] = {0: None, 0xFEFF: None, 0x2028: "\n", 0x2029: "\n", 0x85: " "}
_SIGNS |= dict.fromkeys([0x0B, 0x0C, *range(0x1C, 0x20)], " ")
_SIGNS |= dict.fromkeys([0xE000, 0xE001])

# The page's rules for blocks, and for what stands in a line; the first that fits at a place wins.
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INDENTED = re.compile(r"\s{0,4} {0,3}(`{3,}|~{3,})")  # in a list, which takes its margin away
_ITEM = re.compile(r"\s*(?:[-*+]|[0-9]{1,4}[.)])\s+")
_RULE = re.compile(r" {0,3}([-*_])(\s*\1){2,}\s*\Z")
_UNKNOWN = re.compile(r"\s*(?:[-*+]|[0-9]{1,4}[.)]?)?\s*\Z")  # a line that may become anything
_MATH = ((re.compile(r"\s*\\\["), r"\]"), (re.compile(r"\s*\$\$"), "$$"))
_PLACE = re.compile(rf"[\\`$\[\n]|{_END.pattern}")
_MARGIN = re.compile(r"\s*(?:(?:[-*+]|[0-9]{1,4}[.)])\s+)?\Z")
_STRUCTURE = re.compile(r"[\s`~$\\*+#>0-9.)_-]*\Z")
_ESCAPE = re.compile(r"\\[\\`*_{}\[\]#+.!|$>~-](?![(\[])")
_SPANS = {
    "`": re.compile(r"(`+)(?!`)[^\n]*?[^`\n]\1(?!`)"),
    "\\": re.compile(r"\\\([^\n]+?\\\)|\\\[[^\n]+?\\\]"),
    "$": re.compile(r"\$\$[^$\n]+?\$\$|\$(?=\S)[^$\n]*?[^\s$\\]\$(?!\d)"),
}
_AROUND = frozenset("$`\\[")  # what a mark keeps apart from what follows

Out = tuple[str, list[Citation]]


class Gate:
    """Feed it what the model says; it gives back what may be shown.

    The result does not depend on how the text is cut into pieces.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.citations = Citations(passages)
        self.text = ""  # all that has passed
        self._held = ""
        self._return = False  # the last sign was a carriage return
        self._lines = _Lines()

    @property
    def fence(self) -> str:
        """What would end the code block that the text stops in, or nothing."""
        return self._lines.fence

    def feed(self, piece: str) -> Out:
        """Take a piece; return text to show and the citations that are new in it."""
        known, before = len(self.citations.made), len(self.text)
        for sign in piece:
            if not (sign == "\n" and self._return):
                self._take("\n" if sign == "\r" else sign)
            self._return = sign == "\r"
        return self.text[before:], self.citations.made[known:]

    def close(self) -> Out:
        """Let the rest pass, without a mark that never ended."""
        known, before = len(self.citations.made), len(self.text)
        self._release(ended=True)
        return self.text[before:], self.citations.made[known:]

    def _take(self, sign: str) -> None:
        sign = sign.translate(_SIGNS)
        begins = self._held[-1:].isspace() and not sign.isspace()
        self._held += sign
        if begins or sign == "\n" or len(self._held) > LONGEST:
            self._release()

    def _release(self, *, ended: bool = False) -> None:
        while True:
            parts, self._held = self._lines.ready(self._held, ended=ended)
            if not parts:
                return
            self.text += "".join(self._checked(part) if prose else part for prose, part in parts)

    def _checked(self, prose: str) -> str:
        """Replace each proved mark by its number, and take the others out."""
        made, done = "", 0
        for mark in MARK.finditer(prose):
            made += prose[done : mark.start()]
            sentence = MARK.sub("", prose[: mark.start()]).rstrip(" .!?")
            sentence = re.split(r"(?<=[.!?])\s+|\n", sentence)[-1]
            cited = self.citations.check(int(mark["n"]), mark["quote"], sentence)
            number = f" \ue000{cited.n}\ue001" if cited else ""
            again = number and made.endswith(number)
            made += number if number and not again else _gap(made, prose[mark.end() :])
            done = mark.end()
        made += prose[done:]
        while _BARE.search(made):  # what was around a mark may be one: [[1]2]
            made = _BARE.sub("", made)
        return made.replace("\ue000", "[").replace("\ue001", "]")


def _gap(before: str, after: str) -> str:
    """What a mark leaves that is taken out: signs beside it must not become one with others."""
    beside = before[-1:] in _AROUND or after[:1] in _AROUND or (not before and after[:1].isdigit())
    return " " if beside and before[-1:] != " " else ""


Parts = list[tuple[bool, str]]  # (is it prose?, text)


class _Lines:
    """Tells prose from code and formulas, as far as the page surely does; remembers where it is."""

    def __init__(self) -> None:
        self.fence = ""  # the code block we are in
        self._math = ""  # the end of the formula block that is held back
        self._list = False
        self._blank = False  # the line before was
        self._fresh = True  # at the beginning of a line
        self._dark = False  # blocks are in doubt: nothing is code any more
        self._doubt = False  # the same, until the paragraph ends
        self._before = ""  # what has passed of the paragraph's prose

    def ready(self, held: str, *, ended: bool) -> tuple[Parts, str]:
        """Return what may pass at the head of `held`, and the rest; nothing when all has to wait.

        At the end of the text nothing waits.
        """
        if not held:
            return [], ""
        line, newline, _ = held.partition("\n")
        whole = bool(newline) or ended
        if self.fence:
            return self._code(held, line + newline, whole)
        if self._fresh and not self._dark and not self._math:
            if not whole and self._waits(line) and len(held) <= LONGEST:
                return [], held
            if self._begin(line, whole=whole):
                self._fresh = whole
                return [(False, line + newline)], held[len(line + newline) :]
        if self._math:
            return self._formula(held, ended=ended)
        return self._prose(held, ended=ended)

    def _waits(self, line: str) -> bool:
        """Whether the beginning of a line does not tell yet what kind of line it is."""
        rest = line
        while item := _ITEM.match(rest):
            rest = rest[item.end() :]
        return bool(_UNKNOWN.match(rest)) or rest.lstrip()[:1] in "`~$\\"

    def _begin(self, line: str, *, whole: bool) -> bool:
        """Begin a line outside of code: does a list or a formula begin? Return whether code does."""
        blank = not line.strip()
        item = bool(_ITEM.match(line)) and not _RULE.match(line)
        if self._blank and (blank or not (line[:1].isspace() or item)):
            self._list = False
        self._list = self._list or item
        self._blank = blank
        if blank:
            self._doubt, self._before = False, ""
            return False
        rest = line
        while self._list and (found := _ITEM.match(rest)):
            rest = rest[found.end() :]
        if fence := (_INDENTED if self._list else _FENCE).match(rest):
            self.fence, self._before = fence[1], ""
            return True
        if self._list and rest.lstrip().startswith(("```", "~~~")):
            self._dark = True
        for opens, end in _MATH:
            found = opens.match(rest)
            if not found:
                continue
            inner = rest[found.end() :]
            if end not in inner:
                self._math = end
            elif not whole or not inner.rstrip().endswith(end):
                self._dark = True  # the page may look for its end far below
        return False

    def _breaks(self, line: str) -> bool:
        """Whether a line ends the list item around a block, or may: then nothing is sure."""
        return self._list and (not line.strip() or bool(_ITEM.match(line)))

    def _code(self, held: str, line: str, whole: bool) -> tuple[Parts, str]:
        if not whole:
            if len(held) <= LONGEST or self._list:
                return [], held
            self._fresh = False
            return [(False, held)], ""
        bare = line.strip()
        if self._fresh and self._breaks(line):
            self.fence, self._dark = "", True
            return [(True, line)], held[len(line) :]
        if self._fresh and bare.startswith(self.fence) and not bare.strip("`~"):
            self.fence = ""
        self._fresh = True
        return [(False, line)], held[len(line) :]

    def _formula(self, held: str, *, ended: bool) -> tuple[Parts, str]:
        """Wait for the end of a formula of several lines; one without an end is prose."""
        at = held.find("\n") + 1 or len(held)
        while at < len(held):
            end = held.find("\n", at)
            if end < 0 and not ended:
                break
            line = held[at:] if end < 0 else held[at:end]
            if self._breaks(line):
                self._dark = True
                break
            at = len(held) if end < 0 else end + 1
            if line.rstrip().endswith(self._math):
                self._math, self._doubt, self._before = "", False, ""
                return [(False, held[:at])], held[at:]
        if not (ended or self._dark or len(held) > LONGEST):
            return [], held
        self._math, self._dark = "", True
        return self._prose(held, ended=ended)

    def _prose(self, held: str, *, ended: bool) -> tuple[Parts, str]:
        parts, stops, drops = self._parted(held, ended=ended)
        if not stops and len(held) > LONGEST:
            self._doubt = True
            parts, stops, drops = self._parted(held, ended=ended)
            stops = stops or parts[-1][2] or len(held)
        passed = [(prose, held[a : min(b, stops)]) for prose, a, b in parts if a < stops]
        self._before += "".join(part for prose, part in passed if prose)
        if stops:
            self._fresh = held[stops - 1] == "\n"
        return passed, "" if drops else held[stops:]

    def _parted(self, held: str, *, ended: bool) -> tuple[list[tuple[bool, int, int]], int, bool]:
        """Return the parts of the line (prose?, from, to), and up to where it may pass.

        And whether what follows is dropped: a mark that never ended.
        """
        parts: list[tuple[bool, int, int]] = []
        at = begun = cut = 0
        while found := _PLACE.search(held, at):
            place, sign = found.start(), found[0][0]
            if sign == "\n":
                return [*parts, (True, begun, place + 1)], place + 1, False
            if sign in " \t":
                cut = at = found.end()
                continue
            after = self._after(held, place, ended=ended)
            if after is None:
                return [*parts, (True, begun, place)], place if ended else cut, ended
            at = after
            if sign != "[" and at > place + 2 and self._sure(held, begun, place, at):
                parts += [(True, begun, place), (False, place, at)]
                begun = at
        return [*parts, (True, begun, len(held))], len(held) if ended else cut, False

    def _after(self, held: str, place: int, *, ended: bool) -> int | None:
        """Where what begins at `place` ends; None when that is not known yet."""
        sign = held[place]
        if sign == "[":
            return self._after_mark(held, place, ended=ended)
        if self._doubt or self._dark:
            return place + 1
        if len(held) < place + 3 and not ended:
            return None
        if _ESCAPE.match(held, place):
            return place + 2
        if sign == "\\" and not re.match(r"\\(?:\(|\[[(\[])", held[place:]):
            return place + 1
        span = _SPANS[sign].match(held, place)
        whole = ended or "\n" in held[place:]
        if not whole and (span is None or span.end() == len(held)):
            return None
        if span:
            return span.end()
        rest = held[place:].partition("\n")[0]
        if sign != "$" or (rest.startswith("$$") and "$" not in rest[2:]):
            self._doubt = True  # it may end in a line below
        return place + 1

    def _after_mark(self, held: str, place: int, *, ended: bool) -> int | None:
        mark = MARK.match(held, place)
        if mark is None:
            waits = len(held) - place < LONGEST_MARK and _BEGUN.match(held, place)
            return None if waits else place + 1
        end = mark.end()
        following = held[end:].lstrip(" \t")[:1]
        if not following and not ended:
            return None
        line = (self._before + held[:place]).rpartition("\n")[2]
        if _STRUCTURE.match(line) and not (_MARGIN.match(line) and following.isalpha()):
            self._dark = self._dark or following not in ("", "\n") or not _MARGIN.match(line)
        before = line.rstrip()[-1:]
        self._dark = self._dark or before == "["  # [[1]2]: more may be taken out than the mark
        if "\n" in mark[0] or before in _AROUND or following in _AROUND:
            self._doubt = True
        return end

    def _sure(self, held: str, begun: int, place: int, end: int) -> bool:
        """Whether the page, too, takes this for one piece of code or one formula."""
        span, before = held[place:end], self._before + held[:place]
        sure = not (
            "|" in span  # a table ends it there
            or "](http" in span
            or ("*" in span and "*" in before)
            or (re.search(r"_(?![A-Za-z0-9_])", span) and "_" in before)
            or "://" in re.split(r"\s", before)[-1]
        )
        self._doubt = self._doubt or not sure
        return sure
