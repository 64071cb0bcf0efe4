"""What differs between platforms besides their gradebooks' answers: the words of `FACTS`. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tutorai.errors import ClocksDiffer, KeysUnread, KeyUnknown, ToolRefused


@dataclass(frozen=True)
class Refusal:
    """One way of a token endpoint to say no: `says` is looked for in the answer, case ignored."""

    status: frozenset[int]
    says: str
    means: type[ToolRefused]

    def fits(self, status: int, text: str) -> bool:
        """Whether an answer says so."""
        return status in self.status and bool(re.search(self.says, text, re.IGNORECASE))


REFUSED = frozenset({400, 401, 403})
# What any platform may say in words; most of them follow OAuth and say `invalid_client` alone.
# Moodle's are `{ "error" : ""kid" invalid, unable to lookup correct key" }`, which is no JSON,
# "Expired token" and "Cannot handle token with iat prior to …" (recordings).
USUAL = (
    Refusal(REFUSED, r"\bkid\b.*(invalid|unknown|not found)|unable to lookup", KeyUnknown),
    Refusal(REFUSED, r"expired|\biat\b|\bexp\b|not yet valid", ClocksDiffer),
    Refusal(REFUSED, r"\bjwks?\b|key ?set", KeysUnread),
)


@dataclass(frozen=True)
class Facts:
    """How one platform gives tokens, tells its rosters and takes changes of a column."""

    audience: str = ""  # of our assertion, where a registration names none; "": the token's address
    audience_below: str = ""  # how the hosts of token endpoints end that take it
    refusals: tuple[Refusal, ...] = ()  # before `USUAL`
    roster: Mapping[str, str] = field(default_factory=dict)  # what the first page is asked with
    # Asked by the course's own link (`rlid`), its roster tells what each member's launch carries.
    by_course_link: bool = False
    escapes_names: bool = False  # in rosters, not in launches
    understates: bool = False  # its rosters call an assistant a learner; launches know better
    fixed: frozenset[str] = frozenset()  # members of a column that a change must not name

    def refusal(self, status: int, text: str) -> type[ToolRefused] | None:
        """Return what an answer without a token means, when its words say so."""
        lines = (*self.refusals, *USUAL)
        return next((line.means for line in lines if line.fits(status, text)), None)
