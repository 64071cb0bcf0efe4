"""QTI 2.1 as Blackboard imports it: a package with a file for each question, and one for the test. Pure.

Quirks: HTML is a subset of XHTML (`markup.xhtml`); what an answer is worth is in points; Blackboard
takes no time, no attempts and hardly any feedback from a package, and grades short answers as it likes.

Source: https://www.imsglobal.org/question/qtiv2p1/imsqti_infov2p1.html; connectors.md, "Quiz interchange"
"""

from collections.abc import Iterable
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from django.utils.translation import gettext_lazy as _
from lxml import etree

from connectors.exchange.markup import append, plain, sane, xhtml
from connectors.exchange.packages import pack
from connectors.exchange.terms import Limit, bare, number, refusals, shares, true_false
from tutorai.lmsdm.schema import Ask, Choice, Question, Quiz

QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
ITEM, TEST = "imsqti_item_xmlv2p1", "imsqti_test_xmlv2p1"
GENERAL = "general"  # the feedback that everybody gets


def limits(quiz: Quiz) -> list[Limit]:
    """Return what Blackboard does not take over of this quiz."""
    found = refusals(quiz)
    if quiz.minutes or quiz.attempts:
        found.append(Limit(_("time and attempts: set them in the test's settings in Blackboard")))
    for at, question in enumerate(quiz.questions, 1):
        if question.feedback or any(choice.feedback for choice in question.choices):
            found.append(
                Limit(_("Blackboard often leaves feedback out: look after the import"), at)
            )
        told = shares(question)
        if question.ask in {Ask.SINGLE, Ask.SHORT} and any(share not in {0, 1} for share in told):
            found.append(Limit(_("Blackboard may take what is partly right as wrong"), at))
    return found


def write(quiz: Quiz) -> bytes:
    """Return a package for Blackboard's "Import QTI 2.1 package"."""
    own = uuid5(NAMESPACE_URL, "|".join([quiz.title, *(one.text for one in quiz.questions)])).hex
    names = [f"question_{at}_{own[:12]}" for at in range(1, len(quiz.questions) + 1)]
    files = {
        f"{name}.xml": _written(item(question, name, shuffle=quiz.shuffle))
        for name, question in zip(names, quiz.questions, strict=True)
    }
    test = f"test_{own[:12]}"
    whole = {f"{test}.xml": _written(_test(quiz, test, names)), **files}
    return pack({"imsmanifest.xml": _written(_manifest(test, names)), **whole})


def _written(root: etree._Element) -> bytes:
    # Not indented: white space may be words of a question.
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _add(parent: etree._Element, name: str, text: str | None = None, **more: str) -> etree._Element:
    made = etree.SubElement(parent, etree.QName(etree.QName(parent).namespace, name), **more)
    made.text = None if text is None else sane(text)
    return made


def _html(parent: etree._Element, text: str, *, block: bool = False) -> None:
    """Put HTML into an element, as QTI's own elements."""
    for piece in xhtml(text, block=block):
        if not isinstance(piece, str):
            for element in piece.iter():
                element.tag = str(etree.QName(QTI, element.tag))
        append(parent, piece)


def _manifest(test: str, names: list[str]) -> etree._Element:
    root = etree.Element(etree.QName(PACKAGE, "manifest"), nsmap={None: PACKAGE})
    root.set("identifier", f"manifest_{test}")
    metadata = _add(root, "metadata")
    _add(metadata, "schema", "QTIv2.1 Package")
    _add(metadata, "schemaversion", "1.0.0")
    _add(root, "organizations")
    resources = _add(root, "resources")
    whole = _add(resources, "resource", identifier=test, type=TEST, href=f"{test}.xml")
    _add(whole, "file", href=f"{test}.xml")
    for name in names:
        _add(whole, "dependency", identifierref=name)
    for name in names:
        one = _add(resources, "resource", identifier=name, type=ITEM, href=f"{name}.xml")
        _add(one, "file", href=f"{name}.xml")
    return root


def _test(quiz: Quiz, name: str, names: list[str]) -> etree._Element:
    root = etree.Element(etree.QName(QTI, "assessmentTest"), nsmap={None: QTI})
    root.set("identifier", name)
    root.set("title", sane(quiz.title))
    if quiz.minutes:
        _add(root, "timeLimits", maxTime=str(quiz.minutes * 60))
    part = _add(
        root,
        "testPart",
        identifier="part",
        navigationMode="nonlinear",
        submissionMode="individual" if quiz.attempts else "simultaneous",
    )
    if quiz.attempts:
        _add(part, "itemSessionControl", maxAttempts=str(quiz.attempts))
    section = _add(
        part, "assessmentSection", identifier="section", title=sane(quiz.title), visible="true"
    )
    if quiz.description.strip():
        _html(_add(section, "rubricBlock", view="candidate"), quiz.description, block=True)
    for one in names:
        _add(section, "assessmentItemRef", identifier=one, href=f"{one}.xml")
    return root


def item(question: Question, name: str, *, shuffle: bool) -> etree._Element:
    """Return one question as an assessmentItem."""
    root = etree.Element(etree.QName(QTI, "assessmentItem"), nsmap={None: QTI})
    root.set("identifier", name)
    root.set("title", sane(question.title))
    root.set("adaptive", "false")
    root.set("timeDependent", "false")
    _declared(root, question)
    body = _add(root, "itemBody")
    _html(body, question.text, block=True)
    _interaction(body, question, shuffle=shuffle)
    processing = _add(root, "responseProcessing")
    _scored(processing, question)
    hints = list(_hints(question))
    if hints:
        _felt(processing, question, hints)
    elif not len(processing):
        root.remove(processing)
    for ident, text, _words in hints:
        shown = {"outcomeIdentifier": "FEEDBACK", "identifier": ident, "showHide": "show"}
        _html(_add(root, "modalFeedback", **shown), text)
    return root


def choices(question: Question) -> list[tuple[str, Choice, Decimal]]:
    """Return the choices with their ids in the file, and their shares."""
    if question.ask is Ask.TRUE_FALSE:
        pair = zip(("true", "false"), true_false(question), strict=True)
        return [(ident, choice, choice.share) for ident, choice in pair]
    told = zip(question.choices, shares(question), strict=True)
    return [(f"choice_{at}", choice, share) for at, (choice, share) in enumerate(told, 1)]


def _sides(question: Question) -> tuple[dict[str, str], dict[str, str]]:
    """Return the two sides of a matching question: id → HTML."""
    rights = list(dict.fromkeys([*(pair.right for pair in question.pairs), *question.decoys]))
    lefts = {f"left_{at}": pair.left for at, pair in enumerate(question.pairs, 1)}
    return lefts, {f"right_{at}": right for at, right in enumerate(rights, 1)}


def _matched(question: Question) -> list[str]:
    lefts, rights = _sides(question)
    named = {right: ident for ident, right in rights.items()}
    pairs = zip(lefts, question.pairs, strict=True)
    return [f"{ident} {named[pair.right]}" for ident, pair in pairs]


BASES = {
    Ask.SINGLE: ("single", "identifier"),
    Ask.TRUE_FALSE: ("single", "identifier"),
    Ask.MULTIPLE: ("multiple", "identifier"),
    Ask.SHORT: ("single", "string"),
    Ask.NUMBER: ("single", "float"),
    Ask.MATCHING: ("multiple", "directedPair"),
    Ask.ESSAY: ("single", "string"),
}


def _declared(root: etree._Element, question: Question) -> None:
    """Declare the answer, what is right, what each is worth, and what comes of it."""
    cardinality, base = BASES[question.ask]
    answer = _add(
        root, "responseDeclaration", identifier="RESPONSE", cardinality=cardinality, baseType=base
    )
    worth = _worth(question)
    right = [key for key, share in worth if share > 0]
    if question.ask in {Ask.SINGLE, Ask.SHORT}:
        right = [max(worth, key=lambda one: one[1])[0]]
    if right:
        correct = _add(answer, "correctResponse")
        for key in right:
            _add(correct, "value", key)
    if worth and question.ask is not Ask.NUMBER:
        bound = {"lowerBound": "0"} if cardinality == "multiple" else {}
        mapping = _add(answer, "mapping", defaultValue="0", **bound)
        caring = {"caseSensitive": "false"} if question.ask is Ask.SHORT else {}
        for key, share in worth:
            value = bare(share * (question.points or 1))
            _add(mapping, "mapEntry", mapKey=key, mappedValue=value, **caring)
    score = {"identifier": "SCORE", "cardinality": "single", "baseType": "float"}
    _default(root, "0", **score, normalMaximum=bare(question.points))
    _default(root, bare(question.points), **{**score, "identifier": "MAXSCORE"})
    _add(
        root,
        "outcomeDeclaration",
        identifier="FEEDBACK",
        cardinality="multiple",
        baseType="identifier",
    )


def _default(root: etree._Element, value: str, **declared: str) -> None:
    made = _add(root, "outcomeDeclaration", **declared)
    _add(_add(made, "defaultValue"), "value", value)


def _worth(question: Question) -> list[tuple[str, Decimal]]:
    """Return each answer, as the file writes it, with its share."""
    match question.ask:
        case Ask.SINGLE | Ask.MULTIPLE | Ask.TRUE_FALSE:
            return [(ident, share) for ident, _choice, share in choices(question)]
        case Ask.SHORT:
            return [(_line(choice), choice.share) for choice in question.choices]
        case Ask.NUMBER:
            return [(bare(number(_line(question.choices[0])) or Decimal(0)), Decimal(1))]
        case Ask.MATCHING:
            part = Decimal(1) / len(question.pairs)
            return [(pair, part) for pair in _matched(question)]
    return []


def _line(choice: Choice) -> str:
    return " ".join(plain(sane(choice.text)).split())


def _interaction(body: etree._Element, question: Question, *, shuffle: bool) -> None:
    asked = {"responseIdentifier": "RESPONSE"}
    mixed = {"shuffle": "true" if shuffle and question.ask is not Ask.TRUE_FALSE else "false"}
    match question.ask:
        case Ask.SINGLE | Ask.MULTIPLE | Ask.TRUE_FALSE:
            most = "0" if question.ask is Ask.MULTIPLE else "1"
            made = _add(body, "choiceInteraction", **asked, **mixed, maxChoices=most)
            for ident, choice, _share in choices(question):
                _html(_add(made, "simpleChoice", identifier=ident), choice.text)
        case Ask.SHORT | Ask.NUMBER:
            _add(_add(body, "p"), "textEntryInteraction", **asked)
        case Ask.MATCHING:
            most = str(len(question.pairs))
            made = _add(body, "matchInteraction", **asked, shuffle="true", maxAssociations=most)
            for side, limit in zip(_sides(question), ("1", "0"), strict=True):
                place = _add(made, "simpleMatchSet")
                for ident, text in side.items():
                    one = {"identifier": ident, "matchMax": limit}
                    _html(_add(place, "simpleAssociableChoice", **one), text)
        case _:
            _add(body, "extendedTextInteraction", **asked)


def _scored(processing: etree._Element, question: Question) -> None:
    if question.ask is Ask.ESSAY:
        return  # a person gives the points
    if question.ask is not Ask.NUMBER:
        score = _add(processing, "setOutcomeValue", identifier="SCORE")
        _add(score, "mapResponse", identifier="RESPONSE")
        return
    right = _add(_add(processing, "responseCondition"), "responseIf")
    _near(right, question)
    score = _add(right, "setOutcomeValue", identifier="SCORE")
    _add(score, "baseValue", bare(question.points), baseType="float")


def _near(parent: etree._Element, question: Question) -> None:
    exact = {"toleranceMode": "exact"}
    near = {"toleranceMode": "absolute", "tolerance": bare(question.tolerance)}
    equal = _add(parent, "equal", **(near if question.tolerance else exact))
    _add(equal, "variable", identifier="RESPONSE")
    _add(equal, "correct", identifier="RESPONSE")


def _hints(question: Question) -> Iterable[tuple[str, str, str]]:
    """Yield the feedback there is: its id, its HTML, and the words that it answers (or none)."""
    if question.feedback.strip():
        yield GENERAL, question.feedback, ""
    for ident, choice, _share in choices(question):
        if choice.feedback.strip():
            yield ident, choice.feedback, _line(choice)


def _felt(
    processing: etree._Element, question: Question, hints: list[tuple[str, str, str]]
) -> None:
    """Say which feedback is shown after which answer."""
    whole = _add(_add(processing, "setOutcomeValue", identifier="FEEDBACK"), "multiple")
    if hints[0][0] == GENERAL:
        _add(whole, "baseValue", GENERAL, baseType="identifier")
    if BASES[question.ask][1] == "identifier":
        _add(whole, "variable", identifier="RESPONSE")
    elif not len(whole):
        _add(whole, "variable", identifier="FEEDBACK")
    if question.ask not in {Ask.SHORT, Ask.NUMBER}:
        return
    for ident, _text, words in hints:
        if ident == GENERAL:
            continue
        given = _add(_add(processing, "responseCondition"), "responseIf")
        if question.ask is Ask.NUMBER:
            _near(given, question)
        else:
            same = _add(given, "stringMatch", caseSensitive="false")
            _add(same, "variable", identifier="RESPONSE")
            _add(same, "baseValue", words, baseType="string")
        also = _add(_add(given, "setOutcomeValue", identifier="FEEDBACK"), "multiple")
        _add(also, "variable", identifier="FEEDBACK")
        _add(also, "baseValue", ident, baseType="identifier")
