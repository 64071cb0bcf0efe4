"""Making a turn ready: what holds, what was said before, what the course says; then the decision.

All of it blocking, and before a model is asked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from django.utils.translation import gettext as _

from agents import attached, care, locks, mastery, retrieve, words
from agents import policy as policies
from agents.care import words as caring
from agents.models.talk import Message
from agents.tutor import assess, decide, ladder, roster, signs, vault
from agents.tutor.assess import Setting
from agents.tutor.decide import SOLVING
from agents.tutor.records import Assessment, Decision, Intent, Move, Rung, Way
from agents.tutor.turn import Question, Turn
from tutorai.errors import CannotSee
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor

FOLLOW_UP = 60  # characters; a longer question stands alone
SKILLS = 40  # that a turn is judged by
PIECE = 120  # words
ITEM = "item"
NEAREST = 3  # passages that tell whether a free question is about homework
# Words that point back to what was said before, in the languages of our pages.
POINTING = """
it its that this these those they them he she him her one ones there then example
eso esto esa ese esos esas ello ellos ellas ahí ejemplo
"""
POINTERS = frozenset(POINTING.split())
CONNECTED = ("and ", "but ", "so ", "or ", "y ", "pero ", "entonces ", "o ")
# "What is heat?" names a subject of its own, "what is the unit?" does not.
SUBJECT = re.compile(
    r"\W*(?:(?:what|who) (?:is|are|was|were) (?!the\b)\w|(?:qué|que) (?:es|son) \w)"
)
# After these the tutor waits for what the student makes of their problem.
WAITING = frozenset(
    {
        Intent.ASK_ATTEMPT,
        Intent.ASK_REASON,
        Intent.SELF_CORRECT,
        Intent.LOCATE,
        Intent.HINT,
        Intent.EXAMPLE,
        Intent.NEXT_STEP,
    }
)


def prepare(turn: Turn, earlier: Sequence[Message], asked: Question) -> None:
    """Fill in all that the turn needs before it is decided."""
    actor, reader = turn.actor, turn.actor.as_student
    _attach(turn, asked)
    told = [said for said in earlier if said.text and _still_readable(actor, said)]
    turn.before = [{"role": _role(said), "content": said.text} for said in told]
    mine = [said.text for said in earlier if said.text and said.role == Message.Who.TUTOR]
    turn.last = mine[-1] if mine else ""
    bound = ladder.bound(actor)
    work = scope.thing(actor, actor.about, actor.about_id) if bound and actor.about_id else None
    turn.problem = work.title if work else ""
    working, subject, said = _where(told)
    move = signs.read(turn.question, working=working).move
    turn.sought = _sought(turn.question, earlier, move, subject or turn.problem)
    turn.cover = roster.cover(actor)
    sought = turn.cover.hide(f"{turn.sought} {turn.attached}".strip())  # it may go to an endpoint
    place = scope.place(reader)
    found = retrieve.search(reader, sought, near=place)
    turn.passages, turn.floor_passed = found.passages, found.floor_passed
    turn.known = [*(one.text for one in found.passages), *(said.text for said in told)]
    homework = None if bound else _homework(turn, place)
    held = policies.of(reader, ITEM, homework) if homework else policies.of(actor)
    turn.policy = decide.chosen(held, asked.way)
    guided = turn.policy.way is Way.GUIDE
    turn.setting = Setting(guided, bound, working, subject or turn.problem, said)
    turn.assessment, turn.unsure = assess.by_rules(turn.question, turn.setting)
    _seal(turn, homework)
    if turn.unsure:
        skills = mastery.of(reader)[:SKILLS] if guided else []
        turn.setting = replace(
            turn.setting,
            answers=turn.vault.answers,
            skills=tuple((str(one.skill_id), one.title) for one in skills),
        )


def _attach(turn: Turn, asked: Question) -> None:
    """Take what was sent along, as far as a model here can look at it."""
    ids = asked.attachments
    if not ids:
        return
    sees = turn.door.available(turn.who, vision=True)
    turn.parts = attached.parts(turn.actor, ids, sees)
    turn.pictured = sees and attached.pictured(turn.actor, ids)
    turn.attached = attached.words(turn.actor, ids)
    if not sees and attached.unseen(turn.actor, ids):
        turn.notice = str(CannotSee())


def _homework(turn: Turn, place: UUID | None) -> UUID | None:
    """The homework that a free question is about, by where it was asked and what it finds."""
    stands = [place] if place else []
    nearest = [one.item_id for one in turn.passages[:NEAREST]] if turn.floor_passed else []
    return policies.work(turn.actor.as_student, [*stands, *nearest])


def _where(told: Sequence[Message]) -> tuple[bool, str, str]:
    """Whether a problem is being worked at, which one, and what the tutor said last."""
    mine = [said for said in told if said.role == Message.Who.TUTOR]
    if not mine:
        return False, "", ""
    last = mine[-1]
    about = [said for said in mine if said.intent in WAITING and said.assessment]
    subject = str((about[-1].assessment or {}).get("subject", "")) if about else ""
    return last.intent in WAITING, subject, last.text


def _seal(turn: Turn, homework: UUID | None) -> None:
    """Take what the teacher entrusted to the tutor about this talk, and about what it is found
    to be about.
    """
    actor = turn.actor
    if actor.course_id is None:
        return
    talk = [
        turn.question,
        turn.setting.subject,
        *turn.own,
        *(str(s["content"]) for s in turn.before),
    ]
    also = (ITEM, homework) if homework else None
    held = vault.of(actor.course_id, actor.about, actor.about_id, also)
    turn.vault = held.bearing("\n".join(talk), *_sent(turn))


def _sent(turn: Turn) -> Iterator[str]:
    """What was sent along, in pieces of about a problem's length that overlap."""
    told = [str(part["text"]).split() for part in turn.parts if part.get("type") == "text"]
    for said in told:
        for at in range(0, len(said), PIECE // 2):
            yield " ".join(said[at : at + PIECE])


def decided(turn: Turn, judged: Assessment) -> None:
    """Decide what to do; where a problem is worked at, the ladder moves. Its hint is taken back by
    `undone`, should it never be given.
    """
    actor = turn.actor
    if judged.move is Move.OFF_TOPIC and turn.floor_passed:
        judged = judged.model_copy(update={"move": Move.QUESTION})
    turn.assessment = judged
    known = mastery.level(actor, judged.skills) if judged.skills else None

    def step(rung: Rung) -> Decision:
        return decide.decide(judged, rung, turn.policy, known)

    apart = judged.distress or judged.wants_person or judged.move not in SOLVING
    if apart or turn.policy.way is not Way.GUIDE or not _speaks(turn):
        turn.decision = step(Rung())
    else:
        turn.key = ladder.problem(actor, judged, turn.conversation_id)
        about = ladder.Problem(turn.key, turn.problem or _heading(turn) or judged.subject)
        turn.decision, turn.stood = ladder.move(actor, about, step)
    _fix(turn)


def _heading(turn: Turn) -> str:
    """What the teacher reads of a free talk: the course's own words, where it has some for it."""
    if not (turn.floor_passed and turn.passages):
        return ""
    first = turn.passages[0]
    return " – ".join(dict.fromkeys([first.title, *first.heading_path[-1:]]))


def _fix(turn: Turn) -> None:
    """Put down what is said without a model."""
    intent = turn.decision.intent
    if intent is Intent.CARE:
        turn.words = care.answer(turn.actor, turn.conversation_id)
    elif intent is Intent.PERSON:
        turn.words = caring.offer() if turn.assessment.wants_person else _lost()
    elif intent is Intent.REDIRECT:
        turn.words = caring.aside(turn.course)
    elif intent is Intent.GREET:
        turn.words = _("I am glad to help. What in this course would you like to look at?")
    elif not _speaks(turn):
        turn.words = _("I could not find this in your course material.")
        turn.decision = replace(turn.decision, intent=Intent.REDIRECT)


def _lost() -> str:
    return _(
        "Hints do not seem to get you further here, and with a hard problem that happens. Press “I "
        "want a person” below to ask your teachers; or tell me in your own words what is asked, and "
        "we begin again from there."
    )


def _speaks(turn: Turn) -> bool:
    """Whether there is something to speak from: the course, or the student's own problem."""
    if (turn.floor_passed and turn.passages) or turn.policy.general or turn.parts:
        return True
    own = turn.bound or turn.setting.working or turn.setting.subject
    return bool(own) and turn.assessment.move in SOLVING


def undone(turn: Turn) -> None:
    """Take the ladder's step back: the hint never reached the student."""
    if turn.key and turn.decision.level:
        ladder.back(turn.actor, turn.key, turn.decision.rung, turn.stood)
        turn.decision = replace(turn.decision, level=0)


def _still_readable(actor: Actor, said: Message) -> bool:
    """May the actor still read all that an earlier answer cites, and does no exam hide it?"""
    cited = {one["item_id"] for one in said.citations}
    return not cited or locks.items(actor).filter(pk__in=cited).count() == len(cited)


def _role(said: Message) -> str:
    return "user" if said.role == Message.Who.USER else "assistant"


def _sought(question: str, earlier: Sequence[Message], move: Move, subject: str) -> str:
    """A short "and why?" is about what was asked before, and a step about its problem."""
    if subject and move in SOLVING - {Move.PROBLEM}:
        return f"{subject} {question}"
    asked = [said.text for said in earlier if said.role == Message.Who.USER]
    return f"{asked[-1]} {question}" if asked and follows(question) else question


def follows(question: str) -> bool:
    """Whether a question makes no sense without the one before."""
    said = question.casefold()
    pointing = said.startswith(CONNECTED) or POINTERS.intersection(re.findall(r"\w+", said))
    about = len(words.terms(said)) + bool(SUBJECT.match(said))
    return len(said) < FOLLOW_UP and bool(pointing or about < 2)
