"""Who sees a content: its availability, its dates, its groups and its release rules. Pure.

Whoever meets all criteria of one of the rules sees it. A rule that names nobody holds for all
members; one that cannot be read holds for nobody.
Source: https://docs.anthology.com/docs/blackboard/rest-apis/hands-on/adaptive-release
"""

from collections.abc import Sequence

from connectors.blackboard.payloads import Content, Criterion, Rule
from tutorai.lmsdm.schema import Condition, Test, Window

SHOWN = frozenset({"Yes", "PartiallyVisible"})
DATES, MEMBERS = "DateRange", "Memberships"
# What is asked of a grade or of a visit, we can tell of nobody.
GRADES = frozenset({"GradeRange", "GradePercentage", "GradeRangePercentage", "GradeCompleted"})

Groups = Sequence[str]


def window(told: Content, rules: Sequence[Rule] | None, groups: Groups | None = ()) -> Window:
    """Return who sees a content by itself; `rules` or `groups` None: they cannot be read.

    "Partly visible" shows the title to those who may not open it; the rest is up to the rules.
    """
    asked = [_rules(rules), _given(told, groups)]
    span = told.availability.adaptive_release
    partly = told.availability.available == "PartiallyVisible"
    if partly and rules is not None and not (rules or span.start or span.end):
        asked.append(_unknown("rules"))
    return Window(
        published=told.availability.available in SHOWN,
        available_from=span.start,
        available_until=span.end,
        condition=_all([one for one in asked if one]),
    )


def _rules(rules: Sequence[Rule] | None) -> Condition | None:
    if rules is None:
        return _unknown("rules")
    met = [_all([_asks(one) for one in rule.criteria]) for rule in rules]
    if not met or None in met:  # a rule without criteria is met by every member
        return None
    told = tuple(one for one in met if one)
    return told[0] if len(told) == 1 else Condition(test=Test.ANY, of=told)


def _asks(told: Criterion) -> Condition:
    if told.type == DATES and (told.start_date or told.end_date):
        return _dates(told)
    if told.type == MEMBERS:
        return _members(told)
    return _unknown("grade" if told.type in GRADES else "rules")


def _dates(told: Criterion) -> Condition:
    ends = [
        Condition(test=test, at=moment)
        for test, moment in ((Test.FROM, told.start_date), (Test.UNTIL, told.end_date))
        if moment
    ]
    return ends[0] if len(ends) == 1 else Condition(test=Test.ALL, of=tuple(ends))


def _members(told: Criterion) -> Condition:
    """Return whom a criterion names; nobody, when it names none."""
    named = [
        Condition(test=test, ids=tuple(ids))
        for test, ids in ((Test.PERSON, told.users), (Test.GROUP, told.groups))
        if ids
    ]
    return named[0] if len(named) == 1 else Condition(test=Test.ANY, of=tuple(named))


def _given(told: Content, groups: Groups | None) -> Condition | None:
    """Return the groups that a content was given to."""
    if groups is None:
        return _unknown("groups")
    return Condition(test=Test.GROUP, ids=tuple(groups)) if told.has_associated_groups else None


def _unknown(why: str) -> Condition:
    return Condition(test=Test.UNKNOWN, why=why)


def _all(asked: Sequence[Condition]) -> Condition | None:
    if len(asked) < 2:
        return asked[0] if asked else None
    return Condition(test=Test.ALL, of=tuple(asked))
