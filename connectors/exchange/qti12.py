"""QTI 1.2 as Canvas writes and reads it: a zip with a manifest, the quiz's settings, the questions. Pure.

Quirks: the kind of a question stands in its metadata (`question_type`); every score is out of 100,
the points stand in the metadata too; Canvas gives no part of the points for one of several choices
of a question with one right answer; it imports a quiz unpublished when `available` is false.

Source: connectors.md, "Quiz interchange"; https://www.imsglobal.org/question/qtiv1p2/imsqti_asi_infov1p2.html
"""

from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from lxml import etree

from connectors.exchange.markup import escaped, marked_up, plain, sane
from connectors.exchange.packages import pack
from connectors.exchange.terms import (
    CHOOSING,
    Limit,
    bare,
    number,
    percent,
    refusals,
    shares,
    true_false,
)
from tutorai.lmsdm.schema import Ask, Choice, Question, Quiz

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
META = "http://canvas.instructure.com/xsd/cccv1p0"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1"
SHARES, TOLERANCE = "tutorai_shares", "tutorai_tolerance"  # metadata of ours; others pass it over
HTML, PLAIN = "text/html", "text/plain"
KINDS = {
    Ask.SINGLE: "multiple_choice_question",
    Ask.MULTIPLE: "multiple_answers_question",
    Ask.TRUE_FALSE: "true_false_question",
    Ask.SHORT: "short_answer_question",
    Ask.NUMBER: "numerical_question",
    Ask.MATCHING: "matching_question",
    Ask.ESSAY: "essay_question",
}


def limits(quiz: Quiz) -> list[Limit]:
    """Return what Canvas does not take over of this quiz."""
    found = refusals(quiz)
    for at, question in enumerate(quiz.questions, 1):
        found += [Limit(words, at) for words in _passed_over(question)]
    return found


def _passed_over(question: Question) -> list[str | Promise]:
    told = shares(question)
    found: list[str | Promise] = []
    parts = any(0 < share < 1 for share in told)
    if question.ask is Ask.SINGLE and parts:
        found.append(_("Canvas gives all points or none: what is partly right counts as wrong"))
    if question.ask is Ask.SHORT and parts:
        found.append(_("Canvas gives all points or none: what is partly right counts as right"))
    if question.ask is Ask.MULTIPLE and len({share for share in told if share > 0}) > 1:
        found.append(_("Canvas gives each right answer the same part of the points"))
    if question.ask is Ask.MULTIPLE and any(share < 0 for share in told):
        found.append(_("Canvas takes off for a wrong answer what it gives for a right one"))
    if question.ask is Ask.SHORT and any(share <= 0 for share in told):
        found.append(_("Canvas knows only answers that are accepted: the others are left out"))
    if question.ask is Ask.MATCHING:
        rights = {pair.right for pair in question.pairs} | set(question.decoys)
        sides = rights | {pair.left for pair in question.pairs}
        if any(marked_up(side) for side in sides):
            found.append(_("the two sides of pairs become plain words"))
    return found


def write(quiz: Quiz) -> bytes:
    """Return a package for Canvas's "Import course content", QTI .zip file."""
    own = _id("quiz", quiz.title, *(question.text for question in quiz.questions))
    return pack(
        {
            "imsmanifest.xml": _written(_manifest(own, quiz)),
            f"{own}/assessment_meta.xml": _written(_meta(own, quiz)),
            f"{own}/{own}.xml": _written(_assessment(own, quiz)),
        }
    )


def _id(*of: str) -> str:
    """Return an id that the same words always get: a second import updates the first."""
    return f"g{uuid5(NAMESPACE_URL, '|'.join(of)).hex}"


def _written(root: etree._Element) -> bytes:
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _add(parent: etree._Element, name: str, text: str | None = None, **more: str) -> etree._Element:
    """Add an element of the parent's namespace."""
    made = etree.SubElement(parent, etree.QName(etree.QName(parent).namespace, name), **more)
    made.text = None if text is None else sane(text)
    return made


def _manifest(own: str, quiz: Quiz) -> etree._Element:
    root = etree.Element(etree.QName(PACKAGE, "manifest"), nsmap={None: PACKAGE})
    root.set("identifier", f"{own}_manifest")
    metadata = _add(root, "metadata")
    _add(metadata, "schema", "IMS Content")
    _add(metadata, "schemaversion", "1.1.3")
    _add(root, "organizations")
    resources = _add(root, "resources")
    questions = _add(resources, "resource", identifier=own, type="imsqti_xmlv1p2")
    _add(questions, "file", href=f"{own}/{own}.xml")
    _add(questions, "dependency", identifierref=f"{own}_meta")
    meta = _add(
        resources,
        "resource",
        identifier=f"{own}_meta",
        type="associatedcontent/imscc_xmlv1p1/learning-application-resource",
        href=f"{own}/assessment_meta.xml",
    )
    _add(meta, "file", href=f"{own}/assessment_meta.xml")
    return root


def _meta(own: str, quiz: Quiz) -> etree._Element:
    root = etree.Element(etree.QName(META, "quiz"), nsmap={None: META})
    root.set("identifier", own)
    _add(root, "title", quiz.title)
    _add(root, "description", quiz.description)
    _add(root, "shuffle_answers", _bool(quiz.shuffle))
    _add(root, "scoring_policy", "keep_highest")
    _add(root, "quiz_type", "assignment")
    points = sum((question.points for question in quiz.questions), Decimal(0))
    _add(root, "points_possible", bare(points))
    _add(root, "show_correct_answers", "true")
    _add(root, "allowed_attempts", str(quiz.attempts or -1))
    if quiz.minutes:
        _add(root, "time_limit", str(quiz.minutes))
    _add(root, "available", "false")
    return root


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _assessment(own: str, quiz: Quiz) -> etree._Element:
    root = etree.Element(etree.QName(QTI, "questestinterop"), nsmap={None: QTI})
    assessment = _add(root, "assessment", ident=own, title=sane(quiz.title))
    metadata = _add(assessment, "qtimetadata")
    _field(metadata, "cc_maxattempts", str(quiz.attempts or "unlimited"))
    if quiz.minutes:
        _field(metadata, "qmd_timelimit", str(quiz.minutes))
    section = _add(assessment, "section", ident="root_section")
    for at, question in enumerate(quiz.questions, 1):
        _item(section, f"{own}_{at}", question)
    return root


def _field(parent: etree._Element, label: str, entry: str) -> None:
    made = _add(parent, "qtimetadatafield")
    _add(made, "fieldlabel", label)
    _add(made, "fieldentry", entry)


def _material(parent: etree._Element, text: str, kind: str = HTML) -> None:
    _add(_add(parent, "material"), "mattext", text, texttype=kind)


def _item(section: etree._Element, own: str, question: Question) -> None:
    item = _add(section, "item", ident=own, title=sane(question.title))
    metadata = _add(_add(item, "itemmetadata"), "qtimetadata")
    _field(metadata, "question_type", KINDS[question.ask])
    _field(metadata, "points_possible", bare(question.points))
    if question.ask in {*CHOOSING, Ask.SHORT}:
        told = shares(question)
        told = [share for share in told if share > 0] if question.ask is Ask.SHORT else told
        _field(metadata, SHARES, " ".join(percent(share) for share in told))
    if question.ask is Ask.NUMBER:
        _field(metadata, TOLERANCE, bare(question.tolerance))
    presentation = _add(item, "presentation")
    _material(presentation, question.text)
    processing = etree.Element(etree.QName(QTI, "resprocessing"))
    outcomes = _add(processing, "outcomes")
    _add(outcomes, "decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    if question.feedback.strip():
        general = _add(processing, "respcondition", **{"continue": "Yes"})
        _add(_add(general, "conditionvar"), "other")
        _add(general, "displayfeedback", feedbacktype="Response", linkrefid="general_fb")
    choices = _body(presentation, processing, question)
    item.append(processing)
    if question.feedback.strip():
        _feedback(item, "general_fb", question.feedback)
    for at, choice in enumerate(choices, 1):
        if choice.feedback.strip():
            _feedback(item, f"{at}_fb", choice.feedback)


def _feedback(item: etree._Element, ident: str, text: str) -> None:
    _material(_add(_add(item, "itemfeedback", ident=ident), "flow_mat"), text)


def _body(
    presentation: etree._Element, processing: etree._Element, question: Question
) -> list[Choice]:
    """Write what can be answered and what it is worth; return the choices in the file's order."""
    match question.ask:
        case Ask.SINGLE | Ask.MULTIPLE | Ask.TRUE_FALSE:
            truth = question.ask is Ask.TRUE_FALSE
            choices = list(true_false(question)) if truth else list(question.choices)
            _choices(presentation, question.ask, choices)
            _hints(processing, choices)
            _right(processing, question, choices)
            return choices
        case Ask.SHORT | Ask.NUMBER:
            decimal = {"fibtype": "Decimal"} if question.ask is Ask.NUMBER else {}
            asked = _add(presentation, "response_str", ident="response1", rcardinality="Single")
            _add(_add(asked, "render_fib", **decimal), "response_label", ident="answer1")
            _hints(processing, list(question.choices), words=True)
            condition = _scored(processing, "100")
            if question.ask is Ask.NUMBER:
                _near(condition, question)
            else:
                for choice in question.choices:
                    if choice.share > 0:
                        _add(condition, "varequal", plain(choice.text), respident="response1")
            return list(question.choices)
        case Ask.MATCHING:
            _pairs(presentation, processing, question)
        case _:
            asked = _add(presentation, "response_str", ident="response1", rcardinality="Single")
            _add(_add(asked, "render_fib"), "response_label", ident="answer1", rshuffle="No")
            none = _add(processing, "respcondition", **{"continue": "No"})
            _add(_add(none, "conditionvar"), "other")
    return []


def _choices(presentation: etree._Element, ask: Ask, choices: list[Choice]) -> None:
    several = "Multiple" if ask is Ask.MULTIPLE else "Single"
    asked = _add(presentation, "response_lid", ident="response1", rcardinality=several)
    rendered = _add(asked, "render_choice")
    for at, choice in enumerate(choices, 1):
        label = _add(rendered, "response_label", ident=str(at))
        text = plain(choice.text) if ask is Ask.TRUE_FALSE else choice.text
        _material(label, text, PLAIN if ask is Ask.TRUE_FALSE else HTML)


def _hints(processing: etree._Element, choices: list[Choice], *, words: bool = False) -> None:
    for at, choice in enumerate(choices, 1):
        if choice.feedback.strip():
            chosen = _add(processing, "respcondition", **{"continue": "Yes"})
            named = plain(choice.text) if words else str(at)
            _add(_add(chosen, "conditionvar"), "varequal", named, respident="response1")
            _add(chosen, "displayfeedback", feedbacktype="Response", linkrefid=f"{at}_fb")


def _scored(processing: etree._Element, points: str, action: str = "Set") -> etree._Element:
    """Add a condition that gives points; return where it says of what."""
    ends = {"continue": "No"} if action == "Set" else {}
    condition = _add(processing, "respcondition", **ends)
    asked = _add(condition, "conditionvar")
    _add(condition, "setvar", points, action=action, varname="SCORE")
    return asked


def _right(processing: etree._Element, question: Question, choices: list[Choice]) -> None:
    """Say which choices are right. Canvas wants all of several at once, and none of the others.

    Of one answer to choose only the best is named: Canvas takes all that gives points as right.
    """
    if question.ask is not Ask.MULTIPLE:
        best = max(choice.share for choice in choices)
        for at, choice in enumerate(choices, 1):
            if choice.share == best:
                condition = _scored(processing, percent(choice.share))
                _add(condition, "varequal", str(at), respident="response1")
        return
    every = _add(_scored(processing, "100"), "and")
    for at, choice in enumerate(choices, 1):
        here = every if choice.share > 0 else _add(every, "not")
        _add(here, "varequal", str(at), respident="response1")


def _near(condition: etree._Element, question: Question) -> None:
    value = number(plain(question.choices[0].text)) or Decimal(0)
    either = _add(condition, "or")
    _add(either, "varequal", bare(value), respident="response1")
    within = _add(either, "and")
    _add(within, "vargte", bare(value - question.tolerance), respident="response1")
    _add(within, "varlte", bare(value + question.tolerance), respident="response1")


def _pairs(presentation: etree._Element, processing: etree._Element, question: Question) -> None:
    rights = list(dict.fromkeys([*(pair.right for pair in question.pairs), *question.decoys]))
    named = {right: f"right_{at}" for at, right in enumerate(rights, 1)}
    part = percent(Decimal(1) / len(question.pairs))
    for at, pair in enumerate(question.pairs, 1):
        ident = f"response_left_{at}"
        asked = _add(presentation, "response_lid", ident=ident)
        _material(asked, pair.left)
        rendered = _add(asked, "render_choice")
        for right in rights:
            _material(_add(rendered, "response_label", ident=named[right]), right)
        condition = _scored(processing, part, "Add")
        _add(condition, "varequal", named[pair.right], respident=ident)


def as_html(element: etree._Element | None) -> str:
    """Return the words of a `mattext` as HTML."""
    if element is None:
        return ""
    text = (element.text or "").strip()
    return text if element.get("texttype", PLAIN) == HTML else escaped(text)
