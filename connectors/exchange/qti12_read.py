"""QTI 1.2 back into LMS-DM: ours, Canvas's exports, and what is written like them. Pure."""

from decimal import Decimal
from typing import Any

from lxml import etree

from connectors.exchange.markup import escaped, plain
from connectors.exchange.packages import broken, tree
from connectors.exchange.qti12 import KINDS, META, QTI, SHARES, TOLERANCE, as_html
from connectors.exchange.terms import FALSE, TRUE, Taken, bare, number
from tutorai.lmsdm.schema import Ask, Choice, Pair, Question, Quiz

NS = {"q": QTI, "m": META}
# What others, as Common Cartridges, call a kind.
ALIASES = {
    "cc.multiple_choice.v0p1": Ask.SINGLE,
    "cc.multiple_response.v0p1": Ask.MULTIPLE,
    "cc.true_false.v0p1": Ask.TRUE_FALSE,
    "cc.fib.v0p1": Ask.SHORT,
    "cc.essay.v0p1": Ask.ESSAY,
    **{kind: ask for ask, kind in KINDS.items()},
}


def read(files: dict[str, bytes]) -> Taken:
    """Return the first quiz of a package's files; raise BadRequest where there is none."""
    roots = {name: tree(content) for name, content in sorted(files.items())}
    found = [root for root in roots.values() if root.find("q:assessment", NS) is not None]
    if not found:
        raise broken()
    told = _settings(found[0], list(roots.values()))
    questions, left = [], []
    for at, item in enumerate(found[0].iterfind(".//q:item", NS), 1):
        question = _question(item)
        if question is None:
            left.append(f"{at}: {_fields(item).get('question_type', '')} {item.get('title', '')}")
        else:
            questions.append(question)
    left += [one.find("q:assessment", NS).get("title", "?") for one in found[1:]]
    return Taken(Quiz(questions=tuple(questions), **told), tuple(left))


def _settings(questions: etree._Element, roots: list[etree._Element]) -> dict[str, Any]:
    """Return what the quiz says of itself, in Canvas's own file where there is one."""
    assessment = questions.find("q:assessment", NS)
    own = assessment.get("ident")
    canvas = f"{{{META}}}quiz"
    meta = next((one for one in roots if one.tag == canvas and one.get("identifier") == own), None)
    if meta is None:
        return {"title": assessment.get("title", "")}
    minutes, attempts = (
        number(meta.findtext(f"m:{name}", "", NS)) for name in ("time_limit", "allowed_attempts")
    )
    return {
        "title": meta.findtext("m:title", "", NS),
        "description": meta.findtext("m:description", "", NS) or "",
        "shuffle": meta.findtext("m:shuffle_answers", "", NS) == "true",
        "minutes": int(minutes) if minutes and minutes > 0 else None,
        "attempts": int(attempts) if attempts and attempts > 0 else None,
    }


def _fields(item: etree._Element) -> dict[str, str]:
    return {
        field.findtext("q:fieldlabel", "", NS): field.findtext("q:fieldentry", "", NS) or ""
        for field in item.iterfind("q:itemmetadata/q:qtimetadata/q:qtimetadatafield", NS)
    }


def _question(item: etree._Element) -> Question | None:
    fields = _fields(item)
    ask = ALIASES.get(fields.get("question_type") or fields.get("cc_profile", ""))
    if ask is None:
        return None
    hints = {
        one.get("ident", ""): as_html(one.find(".//q:mattext", NS))
        for one in item.iterfind("q:itemfeedback", NS)
    }
    return Question.model_validate(
        {
            "ask": ask,
            "title": item.get("title", ""),
            "text": as_html(item.find("q:presentation/q:material/q:mattext", NS)),
            "points": number(fields.get("points_possible", "1")) or Decimal(0),
            "feedback": hints.get("general_fb", ""),
            **_answers(item, ask, fields, _linked(item, hints)),
        }
    )


def _linked(item: etree._Element, hints: dict[str, str]) -> dict[str, str]:
    """Return the feedback of each answer, by what is answered."""
    found = {}
    for condition in item.iterfind("q:resprocessing/q:respcondition", NS):
        link = condition.find("q:displayfeedback", NS)
        equal = condition.find("q:conditionvar/q:varequal", NS)
        if link is not None and equal is not None:
            found[equal.text or ""] = hints.get(link.get("linkrefid", ""), "")
    return found


def _answers(
    item: etree._Element, ask: Ask, fields: dict[str, str], hints: dict[str, str]
) -> dict[str, Any]:
    match ask:
        case Ask.SINGLE | Ask.MULTIPLE | Ask.TRUE_FALSE:
            return {"choices": _choices(item, ask, fields, hints)}
        case Ask.SHORT:
            accepted = [one.text or "" for one in _scoring(item, "varequal")]
            given = _shares(fields, len(accepted)) or [Decimal(1)] * len(accepted)
            told = zip(accepted, given, strict=True)
            return {
                "choices": tuple(
                    Choice(text=escaped(text), share=share, feedback=hints.get(text, ""))
                    for text, share in told
                )
            }
        case Ask.NUMBER:
            return _number(item, fields, hints)
        case Ask.MATCHING:
            return _pairs(item)
    return {}


def _scoring(item: etree._Element, name: str) -> list[etree._Element]:
    """Return the tests of that name that give points."""
    return [
        one
        for condition in item.iterfind("q:resprocessing/q:respcondition", NS)
        if condition.find("q:setvar", NS) is not None
        for one in condition.iterfind(f"q:conditionvar//q:{name}", NS)
    ]


def _shares(fields: dict[str, str], n: int) -> list[Decimal] | None:
    told = [number(one) for one in fields.get(SHARES, "").split()]
    known = [one / 100 for one in told if one is not None]
    return known if len(known) == n else None


def _choices(
    item: etree._Element, ask: Ask, fields: dict[str, str], hints: dict[str, str]
) -> tuple[Choice, ...]:
    labels = item.findall(".//q:render_choice//q:response_label", NS)
    wrong = {
        one.text
        for condition in item.iterfind("q:resprocessing/q:respcondition", NS)
        for one in condition.iterfind(".//q:not/q:varequal", NS)
    }
    right = {one.text for one in _scoring(item, "varequal")} - wrong
    each = Decimal(1) if ask is not Ask.MULTIPLE else (Decimal(1) / max(1, len(right)))
    given = _shares(fields, len(labels)) or [
        each if label.get("ident") in right else Decimal(0) for label in labels
    ]
    made = [
        Choice(
            text=as_html(label.find(".//q:mattext", NS)),
            share=share,
            feedback=hints.get(label.get("ident", ""), ""),
        )
        for label, share in zip(labels, given, strict=True)
    ]
    if ask is Ask.TRUE_FALSE and len(made) == 2:
        true = [plain(one.text).strip().casefold() != FALSE.casefold() for one in made]
        made = [
            one.model_copy(update={"text": TRUE if t else FALSE})
            for one, t in zip(made, true, strict=True)
        ]
        made.sort(key=lambda one: one.text != TRUE)
    return tuple(made)


def _number(item: etree._Element, fields: dict[str, str], hints: dict[str, str]) -> dict[str, Any]:
    ends = [_scoring(item, name) for name in ("vargte", "varlte")]
    least, most = (number(one[0].text or "") if one else None for one in ends)
    exact = _scoring(item, "varequal")
    value = number(exact[0].text or "") if exact else None
    if value is None and least is not None and most is not None:
        value = (least + most) / 2
    off = number(fields.get(TOLERANCE, ""))
    if off is None:
        off = Decimal(0) if value is None or most is None else most - value
    text = bare(value) if value is not None else ""
    choice = Choice(text=text, share=Decimal(1), feedback=next(iter(hints.values()), ""))
    return {"choices": (choice,), "tolerance": off}


def _pairs(item: etree._Element) -> dict[str, Any]:
    right = {one.get("respident"): one.text for one in _scoring(item, "varequal")}
    names: dict[str, str] = {}
    pairs = []
    for asked in item.iterfind("q:presentation//q:response_lid", NS):
        names |= {
            label.get("ident", ""): as_html(label.find(".//q:mattext", NS))
            for label in asked.iterfind(".//q:response_label", NS)
        }
        left = as_html(asked.find("q:material/q:mattext", NS))
        pairs.append(Pair(left=left, right=names.get(right.get(asked.get("ident")) or "", "")))
    used = {right.get(asked.get("ident")) for asked in item.iterfind(".//q:response_lid", NS)}
    return {
        "pairs": tuple(pairs),
        "decoys": tuple(text for ident, text in names.items() if ident not in used),
    }
