"""Who sees a thing of a course, and when, as its LMS says."""

from enum import StrEnum

from pydantic import AwareDatetime

from tutorai.lmsdm.record import Record, Text


class Test(StrEnum):
    """What a condition asks."""

    __test__ = False  # of its name alone, test runners would take it for cases

    ALL = "all"  # every one of `of`
    ANY = "any"  # at least one of `of`; of none: nobody
    NONE = "none"  # not a single one of `of`
    SECTION = "section"  # in one of these sections (`ids` of the LMS)
    GROUP = "group"  # in one of these groups
    PERSON = "person"  # one of these people, by the LMS's own user ids
    FROM = "from"  # since the moment `at`
    UNTIL = "until"  # before the moment `at`
    DONE = "done"  # has completed all of these items or lines (`ids` as in `item_id`, `node_id`)
    UNKNOWN = "unknown"  # something we cannot tell of anybody: `why` says what


class Condition(Record):
    """A restriction of the LMS, as a tree. Only who is known to meet it sees what it guards."""

    test: Test
    of: tuple["Condition", ...] = ()
    ids: tuple[Text, ...] = ()
    at: AwareDatetime | None = None
    why: Text = ""  # of UNKNOWN, in a word: "grade", "profile", "password"


class Window(Record):
    """Who sees an item, and when. Nothing set means everyone, always; all that is set must hold.

    `sections` None: not restricted; else only members of these LMS sections. `condition` holds
    what cannot be said by the others.
    """

    published: bool = True
    available_from: AwareDatetime | None = None
    available_until: AwareDatetime | None = None
    sections: tuple[Text, ...] | None = None
    condition: Condition | None = None
