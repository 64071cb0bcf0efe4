"""QTI 2.1 (and 2.0, 2.2, by their like names) back into LMS-DM: ours, and what is written alike. Pure."""

from decimal import Decimal
from typing import Any

from lxml import etree

from connectors.exchange.markup import escaped, plain, unwrapped
from connectors.exchange.packages import broken, tree
from connectors.exchange.qti21 import GENERAL
from connectors.exchange.terms import FALSE, FINE, TRUE, Taken, bare, number
from tutorai.lmsdm.schema import Ask, Choice, Pair, Question, Quiz

ASKED = {"choiceInteraction", "textEntryInteraction", "matchInteraction", "extendedTextInteraction"}
STRANGE = "Interaction"  # how the names of all others end
MINUTE = 60  # seconds


def read(files: dict[str, bytes]) -> Taken:
    """Return the test of a package's files, or its questions alone; raise BadRequest without any."""
    roots = {name: _bare(tree(content)) for name, content in sorted(files.items())}
    items = {name: root for name, root in roots.items() if root.tag == "assessmentItem"}
    tests = [(name, root) for name, root in roots.items() if root.tag == "assessmentTest"]
    if not items:
        raise broken()
    told, ordered = _test(*tests[0], items) if tests else ({}, list(items.values()))
    questions, left, shuffle = [], [], False
    for at, item in enumerate(ordered, 1):
        shuffle |= any(one.get("shuffle") == "true" for one in item.iter("choiceInteraction"))
        question = _question(item)
        if question is None:
            left.append(f"{at}: {item.get('title', '')}")
        else:
            questions.append(question)
    told = {"title": "", **told, "questions": tuple(questions), "shuffle": shuffle}
    return Taken(Quiz.model_validate(told), tuple(left))


def _bare(root: etree._Element) -> etree._Element:
    """Take the namespaces off: their names differ between versions that say the same."""
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    return root


def _test(
    name: str, root: etree._Element, items: dict[str, etree._Element]
) -> tuple[dict[str, Any], list[etree._Element]]:
    """Return what the test says of itself, and its items in order."""
    folder = name.rpartition("/")[0]
    hrefs = [one.get("href", "") for one in root.iter("assessmentItemRef")]
    ordered = [items.get(f"{folder}/{href}".lstrip("/"), items.get(href)) for href in hrefs]
    limit = root.find("timeLimits")
    control = root.find("testPart/itemSessionControl")
    seconds = number(limit.get("maxTime", "")) if limit is not None else None
    attempts = number(control.get("maxAttempts", "")) if control is not None else None
    rubric = root.find(".//rubricBlock")
    told = {
        "title": root.get("title", ""),
        "description": unwrapped(rubric) if rubric is not None else "",
        "minutes": int(seconds // MINUTE) or None if seconds else None,
        "attempts": int(attempts) if attempts and attempts > 0 else None,
    }
    return told, [one for one in ordered if one is not None] or list(items.values())


def _question(item: etree._Element) -> Question | None:
    body = item.find("itemBody")
    if body is None:
        return None
    asked = [one for one in body.iter() if str(one.tag).endswith(STRANGE)]
    if len(asked) != 1 or asked[0].tag not in ASKED:
        return None
    interaction = asked[0]
    declared = item.find("responseDeclaration")
    told = _answers(item, interaction, declared) if declared is not None else None
    if told is None:
        return None
    hints = {one.get("identifier"): unwrapped(one) for one in item.iter("modalFeedback")}
    points = _points(item)
    return Question.model_validate(
        {
            **told,
            "title": item.get("title", ""),
            "points": points,
            "text": _text(body, interaction),
            "feedback": hints.get(GENERAL, ""),
        }
    )


def _points(item: etree._Element) -> Decimal:
    outcomes = {one.get("identifier"): one for one in item.iter("outcomeDeclaration")}
    most = outcomes.get("MAXSCORE")
    if most is not None and (told := number(most.findtext("defaultValue/value") or "")) is not None:
        return told
    score = outcomes.get("SCORE")
    found = number(score.get("normalMaximum", "")) if score is not None else None
    return Decimal(1) if found is None else found


def _text(body: etree._Element, interaction: etree._Element) -> str:
    """Return the question's words: all but what is to be answered."""
    prompt = interaction.find("prompt")
    asked = unwrapped(prompt) if prompt is not None else ""
    parent = interaction.getparent()
    around = f"{parent.text or ''}{interaction.tail or ''}"
    parent.remove(interaction)
    if parent is not body and not len(parent) and not around.strip():
        parent.getparent().remove(parent)
    return "".join(filter(None, (unwrapped(body), asked)))


def _answers(
    item: etree._Element, interaction: etree._Element, declared: etree._Element
) -> dict[str, Any] | None:
    match str(interaction.tag):
        case "choiceInteraction":
            return _choices(item, interaction, declared)
        case "textEntryInteraction" if declared.get("baseType") in {"float", "integer"}:
            return _number(item, declared)
        case "textEntryInteraction":
            return _short(item, declared)
        case "matchInteraction":
            return _pairs(interaction, declared)
        case _:
            return {"ask": Ask.ESSAY}


def _values(declared: etree._Element) -> list[str]:
    return [(one.text or "").strip() for one in declared.iterfind("correctResponse/value")]


def _shares(item: etree._Element, declared: etree._Element) -> dict[str, Decimal]:
    """Return each answer's share: from the mapping, else from what is right."""
    points = _points(item) or Decimal(1)
    entries = declared.findall("mapping/mapEntry")
    told = {one.get("mapKey", ""): number(one.get("mappedValue", "")) for one in entries}
    known = {key: value / points for key, value in told.items() if value is not None}
    most = max([*known.values(), Decimal(1)])  # who maps to percent means the same
    mapped = {key: (value / most).quantize(FINE) for key, value in known.items()}
    right = _values(declared)
    several = declared.get("cardinality") == "multiple"
    each = (Decimal(1) / len(right)).quantize(FINE) if right and several else Decimal(1)
    return mapped if any(mapped.values()) else dict.fromkeys(right, each)


def _hints(item: etree._Element) -> dict[str, str]:
    return {one.get("identifier", ""): unwrapped(one) for one in item.iter("modalFeedback")}


def _choices(
    item: etree._Element, interaction: etree._Element, declared: etree._Element
) -> dict[str, Any]:
    worth, hints = _shares(item, declared), _hints(item)
    made = []
    for one in interaction.iter("simpleChoice"):
        ident = one.get("identifier", "")
        share = worth.get(ident, Decimal(0))
        made.append(Choice(text=unwrapped(one), share=share, feedback=hints.get(ident, "")))
    if declared.get("cardinality") == "multiple":
        return {"ask": Ask.MULTIPLE, "choices": tuple(made)}
    words = [plain(one.text).strip().casefold() for one in made]
    if sorted(words) != sorted([TRUE.casefold(), FALSE.casefold()]):
        return {"ask": Ask.SINGLE, "choices": tuple(made)}
    made.sort(key=lambda one: plain(one.text).strip().casefold() != TRUE.casefold())
    named = zip(made, (TRUE, FALSE), strict=True)
    truth = tuple(one.model_copy(update={"text": text}) for one, text in named)
    return {"ask": Ask.TRUE_FALSE, "choices": truth}


def _short(item: etree._Element, declared: etree._Element) -> dict[str, Any]:
    hints = _hints(item)
    linked = {
        (one.findtext("baseValue") or "").strip(): _felt(one.getparent())
        for one in item.iter("stringMatch")
    }
    return {
        "ask": Ask.SHORT,
        "choices": tuple(
            Choice(text=escaped(key), share=share, feedback=hints.get(linked.get(key, ""), ""))
            for key, share in _shares(item, declared).items()
        ),
    }


def _felt(given: etree._Element) -> str:
    """Return the id of the feedback that a condition shows."""
    return given.findtext("setOutcomeValue/multiple/baseValue") or ""


def _number(item: etree._Element, declared: etree._Element) -> dict[str, Any] | None:
    value = number(next(iter(_values(declared)), ""))
    if value is None:
        return None
    equal = item.find(".//equal")
    off = number((equal.get("tolerance", "") if equal is not None else "").split(" ")[0] or "0")
    hint = next((text for ident, text in _hints(item).items() if ident != GENERAL), "")
    choice = Choice(text=bare(value), share=Decimal(1), feedback=hint)
    return {"ask": Ask.NUMBER, "choices": (choice,), "tolerance": off or Decimal(0)}


def _pairs(interaction: etree._Element, declared: etree._Element) -> dict[str, Any]:
    sides = [
        {one.get("identifier"): unwrapped(one) for one in side.iter("simpleAssociableChoice")}
        for side in interaction.iter("simpleMatchSet")
    ][:2]
    lefts, rights = sides if len(sides) == 2 else ({}, {})
    pairs = dict(pair.split()[:2] for pair in _values(declared) if len(pair.split()) > 1)
    used = set(pairs.values())
    return {
        "ask": Ask.MATCHING,
        "pairs": tuple(
            Pair(left=text, right=rights.get(pairs.get(ident or "", ""), ""))
            for ident, text in lefts.items()
        ),
        "decoys": tuple(text for ident, text in rights.items() if ident not in used),
    }
