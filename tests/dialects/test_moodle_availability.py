"""Moodle's "Restrict access" as conditions: nothing opens that Moodle keeps shut."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.moodle import availability
from connectors.moodle.availability import Groups
from connectors.outline import as_condition
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.schema import Condition, Test, Window

NOON = 1_790_000_000
GROUPS = Groups(("7", "8", "9"), {"70": ("7", "8")})


def facts(now: int = NOON, groups: tuple[str, ...] = (), done: tuple[str, ...] = ()) -> Facts:
    return Facts(
        now=datetime.fromtimestamp(now, UTC), groups=frozenset(groups), done=frozenset(done)
    )


def tree(op: str, *children: Any) -> str:
    return json.dumps({"op": op, "c": children, "showc": [True] * len(children)})


def read(told: str, groups: Groups = GROUPS) -> Condition:
    return availability.condition(told, groups)


SINCE = {"type": "date", "d": ">=", "t": NOON}
BEFORE = {"type": "date", "d": "<", "t": NOON}
SEVEN = {"type": "group", "id": 7}
DONE = {"type": "completion", "cm": 31, "e": 1}


@pytest.mark.parametrize(
    ("told", "known", "met"),
    [
        (tree("&", SINCE), facts(NOON), True),
        (tree("&", SINCE), facts(NOON - 1), False),
        (tree("&", BEFORE), facts(NOON), False),
        (tree("|", SEVEN, BEFORE), facts(NOON, ("7",)), True),
        (tree("!|", SEVEN), facts(NOON, ("7",)), False),
        (tree("!|", SEVEN), facts(NOON, ("8",)), True),
        (tree("!&", SEVEN, SINCE), facts(NOON, ("7",)), False),
        (tree("!&", SEVEN, SINCE), facts(NOON - 1, ("7",)), True),
        (tree("&", {"type": "group"}), facts(NOON, ("9",)), True),
        (tree("&", {"type": "group"}), facts(NOON), False),
        (tree("&", {"type": "grouping", "id": 70}), facts(NOON, ("8",)), True),
        (tree("&", {"type": "grouping", "id": 70}), facts(NOON, ("9",)), False),
        (tree("&", DONE), facts(NOON, done=("cm:31",)), True),
        (tree("&", {**DONE, "e": 0}), facts(NOON, done=("cm:31",)), False),
        (tree("&", {**DONE, "e": 2}), facts(NOON, done=("cm:31",)), None),
        (tree("&", {"op": "|", "c": [SEVEN, SINCE]}, BEFORE), facts(NOON - 1, ("7",)), True),
        (tree("&"), facts(), True),
    ],
)
def test_a_restriction_holds_for_whom_moodle_says(
    told: str, known: Facts, met: bool | None
) -> None:
    assert holds(read(told), known) is met


@pytest.mark.parametrize(
    ("one", "why"),
    [
        ({"type": "grade", "id": 3, "min": 50}, "grade"),
        ({"type": "profile", "sf": "email", "op": "contains", "v": "@x"}, "profile"),
        ({"type": "language", "id": "es"}, "language"),
        ({"type": "coursecompleted", "id": "1"}, "coursecompleted"),
        ({"type": "grouping", "activity": True}, "grouping"),
        ({"type": "completion", "cm": -1, "e": 1}, "completion"),
        ({"type": "date", "d": "==", "t": 1}, "date"),
        ({"type": "group", "id": "x"}, "group"),
        ({"op": "^", "c": [SEVEN]}, "availability"),
        ("nothing", "availability"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_we_cannot_tell_of_anybody_is_named(one: Any, why: str) -> None:
    for op in ("&", "!|"):
        condition = read(tree(op, one))
        assert holds(condition, facts(NOON, ("7",))) is None
        assert f'"{why}"' in condition.model_dump_json()


@pytest.mark.parametrize("told", ["", "{", "[]", "null", "7", "[" * 10_000, '{"op":"&"}'])
def test_what_is_no_restriction_we_can_read_stays_shut(told: str) -> None:
    assert holds(read(told), facts(NOON, ("7",))) is None


def test_a_tree_too_deep_stays_shut() -> None:
    told: Any = SINCE
    for _ in range(200):
        told = {"op": "&", "c": [told]}

    assert holds(read(json.dumps(told)), facts()) is None


def test_dates_that_must_all_hold_are_the_window_s_own() -> None:
    window = availability.window(tree("&", SINCE, SEVEN), GROUPS, published=True)

    assert window.available_from == datetime.fromtimestamp(NOON, UTC)
    assert window.condition == Condition(test=Test.GROUP, ids=("7",))
    assert availability.window(None, GROUPS, published=True) == Window()
    assert not availability.window(tree("&", SINCE), GROUPS, published=False).published


def test_without_the_course_s_groups_any_group_is_unknown() -> None:
    assert holds(read(tree("&", {"type": "group"}), Groups()), facts(NOON, ("7",))) is None


# --- any tree ----------------------------------------------------------------------------------

SINGLE = st.one_of(
    st.builds(
        lambda d, t: {"type": "date", "d": d, "t": t},
        st.sampled_from([">=", "<"]),
        st.integers(NOON - 5, NOON + 5),
    ),
    st.builds(lambda n: {"type": "group", "id": n}, st.integers(7, 9)),
    st.just({"type": "group"}),
    st.just({"type": "grouping", "id": 70}),
    st.builds(
        lambda cm, e: {"type": "completion", "cm": cm, "e": e},
        st.integers(30, 31),
        st.integers(0, 1),
    ),
    st.builds(lambda v: {"type": "grade", "id": 1, "met": v}, st.booleans()),
)
TREE = st.recursive(
    SINGLE,
    lambda inner: st.builds(
        lambda op, c: {"op": op, "c": c},
        st.sampled_from(["&", "|", "!&", "!|"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)
ROOT = st.builds(
    lambda op, c: {"op": op, "c": c}, st.sampled_from(["&", "|", "!&", "!|"]), st.lists(TREE)
)
PEOPLE = st.builds(
    facts,
    st.integers(NOON - 6, NOON + 6),
    st.sets(st.sampled_from(["7", "8", "9"])).map(tuple),
    st.sets(st.sampled_from(["cm:30", "cm:31"])).map(tuple),
)


def moodle(one: Mapping[str, Any], known: Facts, *, negated: bool = False) -> bool:
    """Decide as Moodle's tree.php does: NOT is handed down to the leaves, nothing is always met."""
    if "type" in one:
        return leaf(one, known) is not negated
    if not one["c"]:
        return True
    inner = negated is not one["op"].startswith("!")
    all_of = one["op"].endswith("&") is not inner
    met = [moodle(child, known, negated=inner) for child in one["c"]]
    return all(met) if all_of else any(met)


def leaf(one: Mapping[str, Any], known: Facts) -> bool:
    now, none = int(known.now.timestamp()), frozenset[str]()
    groups, done = known.groups or none, known.done or none
    match one["type"]:
        case "date":
            return bool(now >= one["t"] if one["d"] == ">=" else now < one["t"])
        case "group":
            return str(one["id"]) in groups if "id" in one else bool(groups)
        case "grouping":
            return bool(groups & {"7", "8"})
        case "completion":
            return (f"cm:{one['cm']}" in done) is bool(one["e"])
        case _:
            return bool(one["met"])


@settings(max_examples=300, deadline=None)
@given(told=ROOT, known=PEOPLE)
def test_nothing_opens_that_moodle_keeps_shut(told: dict[str, Any], known: Facts) -> None:
    window = availability.window(json.dumps(told), GROUPS, published=True)

    if holds(as_condition(window), known) is True:
        assert moodle(told, known)


@settings(max_examples=200, deadline=None)
@given(
    told=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["op", "c", "type", "id", "d", "t", "cm"]), inner, max_size=4
            )
        ),
    )
)
def test_anything_at_all_is_read_without_an_error(told: Any) -> None:
    read(json.dumps(told))
