"""What may be done by itself, what a person has to approve, and what is not done: one table. Pure.

By tool, by role, and by the surface a call comes from: the tutor's own loop, or a program outside
(MCP). What the table does not name is not done. A model cannot change it, nor can a prompt.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from tutorai.lmsdm.schema import AUTHORS, GRADERS, STAFF, TALKERS, Role


class Surface(StrEnum):
    """Where a call comes from."""

    TUTOR = "tutor"  # a model, within a turn
    MCP = "mcp"  # a program that somebody lets work for them


class Rule(StrEnum):
    """What becomes of a call."""

    AUTO = "auto"  # it is done: nothing but reading, and the actor's own work
    ASK = "ask"  # a proposal or a suggestion is made, and a person decides
    NEVER = "never"


Roles = Mapping[Role, Rule]
STUDENTS = frozenset({Role.STUDENT})
EVERYBODY = frozenset(Role)


def _for(roles: Iterable[Role], rule: Rule) -> Roles:
    return dict.fromkeys(roles, rule)


TABLE: Mapping[str, Mapping[Surface, Roles]] = {
    **{
        name: {
            Surface.TUTOR: _for(EVERYBODY, Rule.AUTO),
            Surface.MCP: _for(STAFF, Rule.AUTO),
        }
        for name in (
            "getStudentProfile",
            "getCourseBasicInfo",
            "getTableOfContent",
            "getPersonalizedContent",
            "searchCourse",
            "openPassage",
        )
    },
    # They call a model or read on a learner's behalf: for who may talk with the tutor.
    **{
        name: {
            Surface.TUTOR: _for(TALKERS, Rule.AUTO),
            Surface.MCP: _for(TALKERS & STAFF, Rule.AUTO),
        }
        for name in ("summarize_course", "personalized_study_plan", "practiceItem")
    },
    "myProgress": {Surface.TUTOR: _for(STUDENTS, Rule.AUTO)},
    # A student asks for a person; a model can only offer them the button.
    "askForPerson": {Surface.TUTOR: _for(STUDENTS, Rule.ASK)},
    "generate_quiz": {
        Surface.TUTOR: _for(AUTHORS, Rule.ASK),
        Surface.MCP: _for(AUTHORS, Rule.ASK),
    },
    "pushGrade": {
        Surface.TUTOR: _for(GRADERS, Rule.ASK),
        Surface.MCP: _for(GRADERS, Rule.ASK),
    },
}


def rule(tool: str, role: Role, surface: Surface) -> Rule:
    """Return what becomes of a call of this tool."""
    return TABLE.get(tool, {}).get(surface, {}).get(role, Rule.NEVER)
