"""What the tutor does next: the student's turn, the hints so far, the teacher's limits. Pure.

A teacher's wisdom in a table: their thinking comes before our help, a reply that shows none moves
nothing, and every step of the ladder was earned by an attempt. After Bridge (NAACL 2024): the right
decision before speaking does more for an answer than the model that speaks it.
"""

from dataclasses import replace

from agents.tutor.records import HIGHEST, Assessment, Decision, Intent, Move, Policy, Rung, Way

FIRM = 0.8  # of mastery: such a student finds two mistakes alone before a hint
EMPTY = 3  # replies in a row that show no thinking; then a person is offered
LOST = 3  # attempts after the last hint; then a person is offered

# Of what the student brings a problem, or thinks about one.
ASKING = frozenset({Move.PROBLEM, Move.ASKS_SOLUTION, Move.ASKS_HINT})
TRYING = frozenset({Move.WRONG, Move.SLIP, Move.PARTIAL, Move.COMPLETE})
SOLVING = ASKING | TRYING | {Move.HOLLOW}
PLAIN = {
    Move.QUESTION: Intent.EXPLAIN,
    Move.SOCIAL: Intent.GREET,
    Move.UNCLEAR: Intent.CLARIFY,
    Move.OFF_TOPIC: Intent.REDIRECT,
}
TRIED = {
    Move.WRONG: Intent.LOCATE,
    Move.SLIP: Intent.LOCATE,
    Move.PARTIAL: Intent.NEXT_STEP,
    Move.COMPLETE: Intent.CONFIRM,
}


def chosen(policy: Policy, wanted: Way | None) -> Policy:
    """Return the policy in the way that the student wants, as far as the teacher allows it."""
    way = policy.way if wanted is None else wanted
    return replace(policy, way=way if policy.ceiling is Way.EXPLAIN else Way.GUIDE)


def decide(
    assessment: Assessment, rung: Rung, policy: Policy, mastery: float | None = None
) -> Decision:
    """Return what to do, and where the ladder stands then.

    `mastery`: how well the student has the skills that the turn is about, 0 to 1; None: unknown.
    """
    way = chosen(policy, None).way
    rung = replace(rung, level=min(rung.level, _most(policy)))
    if assessment.distress:
        return Decision(Intent.CARE, 0, rung, way)
    if assessment.wants_person:
        return Decision(Intent.PERSON, 0, rung, way)
    if plain := PLAIN.get(assessment.move):
        return Decision(plain, 0, rung, way)
    if rung.solved:
        if assessment.move in {Move.HOLLOW, Move.COMPLETE}:
            done = Intent.GREET if assessment.move is Move.HOLLOW else Intent.CONFIRM
            return Decision(done, 0, rung, way)
        rung = Rung()
    taken = _explained if way is Way.EXPLAIN else _guided
    intent, level, rung = taken(assessment.move, rung, policy, mastery)
    return Decision(intent, level, rung, way)


def _most(policy: Policy) -> int:
    return max(0, min(policy.hints, HIGHEST))


Taken = tuple[Intent, int, Rung]


def _explained(move: Move, rung: Rung, policy: Policy, mastery: float | None) -> Taken:
    """Answer plainly; what they tried is counted all the same."""
    if move in ASKING:
        return Intent.EXPLAIN, 0, rung
    if move is Move.HOLLOW:
        return Intent.ASK_REASON, 0, replace(rung, hollow=rung.hollow + 1)
    return TRIED[move], 0, _tried(move, rung)


def _guided(move: Move, rung: Rung, policy: Policy, mastery: float | None) -> Taken:
    """Let them think first, then help by one step at a time."""
    if move is Move.HOLLOW:
        rung = replace(rung, hollow=rung.hollow + 1)
        if rung.hollow >= EMPTY:
            return Intent.PERSON, 0, rung
        return (Intent.ASK_REASON if rung.attempts else Intent.ASK_ATTEMPT), 0, rung
    if move in ASKING:
        return _hint(rung, policy) if rung.attempts else (Intent.ASK_ATTEMPT, 0, rung)
    rung = _tried(move, rung)
    if move is not Move.WRONG:
        return TRIED[move], 0, rung
    alone = 2 if mastery is not None and mastery >= FIRM else 1
    if rung.level == 0 and rung.attempts <= alone:
        return Intent.SELF_CORRECT, 0, rung
    top = rung.level == _most(policy)
    if top and rung.attempts >= rung.level + LOST and rung.attempts % LOST == 0:
        return Intent.PERSON, 0, rung
    return _hint(rung, policy)


def _tried(move: Move, rung: Rung) -> Rung:
    return replace(rung, attempts=rung.attempts + 1, hollow=0, solved=move is Move.COMPLETE)


def _hint(rung: Rung, policy: Policy) -> Taken:
    """Give the next hint where an attempt earned it, else the last one in other words."""
    level = rung.level
    if level < min(rung.attempts, _most(policy)):
        level += 1
    if level == 0:  # the teacher allows no hints
        return Intent.LOCATE, 0, rung
    intent = Intent.EXAMPLE if level == HIGHEST else Intent.HINT
    return intent, level, replace(rung, level=level)
