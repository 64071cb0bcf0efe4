"""What the tutor decides, whatever comes: rules that hold for every student and every teacher."""

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.tutor import decide
from agents.tutor.decide import SOLVING, TRYING
from agents.tutor.records import Assessment, Decision, Intent, Move, Policy, Rung, Way

HELP = {Intent.HINT, Intent.EXAMPLE}
policies = st.builds(
    Policy,
    way=st.sampled_from(Way),
    ceiling=st.sampled_from(Way),
    hints=st.integers(0, 4),
    homework=st.booleans(),
)
guides = st.one_of(
    policies.map(lambda one: Policy(Way.GUIDE, one.ceiling, one.hints)),
    policies.map(lambda one: Policy(one.way, Way.GUIDE, one.hints, homework=one.homework)),
)
rungs = st.builds(
    Rung,
    level=st.integers(0, 4),
    attempts=st.integers(0, 9),
    hollow=st.integers(0, 5),
    solved=st.booleans(),
)
turns = st.builds(
    Assessment,
    move=st.sampled_from(Move),
    wants_person=st.booleans(),
    distress=st.booleans(),
)
calm = st.builds(Assessment, move=st.sampled_from(Move))
mastery = st.one_of(st.none(), st.floats(0, 1))


def taken(talk: list[Assessment], policy: Policy, known: float | None) -> list[Decision]:
    rung, made = Rung(), []
    for one in talk:
        made.append(decide.decide(one, rung, policy, known))
        rung = made[-1].rung
    return made


@settings(max_examples=300)
@given(turns, rungs, policies, mastery)
def test_the_ladder_stays_under_the_teachers_ceiling_and_rises_by_one_step(
    turn: Assessment, rung: Rung, policy: Policy, known: float | None
) -> None:
    made = decide.decide(turn, rung, policy, known)

    assert made.rung.level <= policy.hints
    assert made.level <= made.rung.level
    assert made.rung.level <= rung.level + 1
    assert (made.level > 0) == (made.intent in HELP)
    assert made == decide.decide(turn, rung, policy, known)


@settings(max_examples=300)
@given(st.lists(calm, max_size=12), guides, mastery)
def test_no_help_comes_before_an_attempt_and_every_step_was_earned_by_one(
    talk: list[Assessment], policy: Policy, known: float | None
) -> None:
    attempts = 0
    for turn, made in zip(talk, taken(talk, policy, known), strict=True):
        attempts += turn.move in TRYING
        assert made.rung.level <= attempts
        if not attempts:
            assert made.intent not in HELP


@given(rungs, policies, mastery, st.booleans())
def test_a_hollow_reply_moves_nothing(
    rung: Rung, policy: Policy, known: float | None, person: bool
) -> None:
    turn = Assessment(move=Move.HOLLOW, wants_person=person)

    made = decide.decide(turn, rung, policy, known)

    assert made.rung.level <= rung.level
    assert made.rung.attempts <= rung.attempts
    assert made.intent not in HELP | {Intent.EXPLAIN}


@settings(max_examples=200)
@given(calm.filter(lambda one: one.move in SOLVING), rungs, guides, mastery)
def test_a_problem_is_never_explained_where_the_tutor_guides(
    turn: Assessment, rung: Rung, policy: Policy, known: float | None
) -> None:
    made = decide.decide(turn, rung, policy, known)

    assert made.way is Way.GUIDE
    assert made.intent is not Intent.EXPLAIN


@given(policies, st.one_of(st.none(), st.sampled_from(Way)))
def test_nobody_chooses_a_way_above_the_ceiling(policy: Policy, wanted: Way | None) -> None:
    made = decide.chosen(policy, wanted)

    assert made.way is Way.GUIDE or policy.ceiling is Way.EXPLAIN
    assert made.way is Way.GUIDE or (wanted or policy.way) is Way.EXPLAIN
    assert decide.chosen(made, wanted) == made


@given(rungs, policies, mastery, st.sampled_from(sorted(SOLVING - {Move.COMPLETE, Move.HOLLOW})))
def test_after_a_solved_problem_the_ladder_begins_anew(
    rung: Rung, policy: Policy, known: float | None, move: Move
) -> None:
    solved = decide.decide(Assessment(move=Move.COMPLETE), rung, policy, known)

    after = decide.decide(Assessment(move=move), solved.rung, policy, known)

    assert solved.intent is Intent.CONFIRM
    assert solved.rung.solved
    assert after == decide.decide(Assessment(move=move), Rung(), policy, known)


@given(turns, rungs, policies, mastery)
def test_distress_comes_before_everything_and_then_the_wish_for_a_person(
    turn: Assessment, rung: Rung, policy: Policy, known: float | None
) -> None:
    made = decide.decide(turn, rung, policy, known)

    assert (made.intent is Intent.CARE) == turn.distress
    if turn.wants_person and not turn.distress:
        assert made.intent is Intent.PERSON
    if turn.move is Move.OFF_TOPIC and not (turn.distress or turn.wants_person):
        assert made.intent is Intent.REDIRECT


def test_a_talk_goes_from_their_thinking_to_hints_to_a_like_example_to_a_person() -> None:
    moves = [
        Move.ASKS_SOLUTION,
        Move.HOLLOW,
        Move.WRONG,
        Move.ASKS_SOLUTION,
        Move.ASKS_HINT,
        Move.WRONG,
        Move.SLIP,
        Move.WRONG,
        Move.WRONG,
        Move.WRONG,
        Move.WRONG,
        Move.WRONG,
        Move.COMPLETE,
        Move.HOLLOW,
    ]
    talk = [Assessment(move=move) for move in moves]

    made = taken(talk, Policy(Way.GUIDE, Way.GUIDE, hints=4), None)

    assert [(one.intent.value, one.level) for one in made] == [
        ("ask_attempt", 0),
        ("ask_attempt", 0),
        ("self_correct", 0),
        ("hint", 1),
        ("hint", 1),
        ("hint", 2),
        ("locate", 0),
        ("hint", 3),
        ("example", 4),
        ("example", 4),
        ("example", 4),
        ("example", 4),
        ("confirm", 0),
        ("greet", 0),
    ]


def test_who_shows_no_thinking_again_and_again_is_offered_a_person() -> None:
    made = taken([Assessment(move=Move.HOLLOW)] * 3, Policy(Way.GUIDE, Way.GUIDE), None)

    assert made[-1].intent is Intent.PERSON


def test_a_student_who_has_the_skill_looks_for_a_second_mistake_alone() -> None:
    talk = [Assessment(move=Move.WRONG)] * 2
    policy = Policy(Way.GUIDE, Way.GUIDE)

    assert taken(talk, policy, 0.9)[-1].intent is Intent.SELF_CORRECT
    assert taken(talk, policy, 0.2)[-1].intent is Intent.HINT
