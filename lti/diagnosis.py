"""What is wrong with a platform, from its last launches: in words, and what to do. Pure.

Each rule looks at one thing and yields what it finds; `findings` asks them all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lti import failures, roles
from lti.claims import GRADES, LTI, RESOURCE, ROSTER
from lti.platforms import advice
from lti.registration.ours import NEEDED
from lti.tool import LEEWAY
from tutorai import errors
from tutorai.lmsdm.schema import Role

NEAR = 10  # seconds that two clocks may differ, with the way from one to the other
RECENT = 5  # launches that a clock is read from
MANY = 3  # logins that never came back
JOINS = ("canvas_user_id", "canvas_course_id")
# canvas-lms, lib/lti/variable_expander.rb: filled in at an assignment, at an item of a module, and
# for who acts as another person; elsewhere they come as they were written.
SELDOM = frozenset(
    {"$Canvas.assignment.id", "$Canvas.moduleItem.id", "$Canvas.masqueradingUser.id"}
)
PERSON = ("name", "given_name", "family_name", "email")
ALWAYS_HARMLESS = frozenset({"replayed", "not_this_browser", "unknown_state"})


class Severity(IntEnum):
    """How bad it is; the worst first."""

    BAD = 0  # people are sent away, or grades do not arrive
    WARN = 1  # something is missing that teachers would use
    NOTE = 2  # good to know


@dataclass(frozen=True)
class Seen:
    """One launch: when, and how it ended; `shown` are its claims, masked."""

    at: datetime
    failure: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)
    clock: float | None = None  # seconds by which the platform's clock is ahead
    support_id: str = ""

    def part(self, name: str) -> Mapping[str, Any]:
        """Return a claim that is an object; empty where it is none."""
        told = self.shown.get(name)
        return told if isinstance(told, dict) else {}

    @property
    def custom(self) -> Mapping[str, Any]:
        """The custom values."""
        return self.part(f"{LTI}custom")


@dataclass(frozen=True)
class Place:
    """All that is known of one installation; `launches` the newest first."""

    family: str = "other"
    launches: tuple[Seen, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)  # of the registration's own
    token: str | None = None  # how the last request for a token ended: a code, "" well
    lacks: frozenset[str] = frozenset()  # rights that were asked for with it and not granted
    key_waits: bool = False  # to be pasted there
    key_late: bool = False  # ours should have changed
    awaits: bool = False  # to be turned on there
    lost: int = 0  # logins of the last hour that never came back, while nobody came in
    installed: bool = False  # of a whole platform: its installations speak for themselves
    used: bool = False  # somebody came in, of whom `launches` do not tell
    stopped: Mapping[str, int] = field(default_factory=dict)  # courses whose services say no: why

    @property
    def last_good(self) -> Seen | None:
        """The last launch of a link in a course that worked."""
        fits = (one for one in self.launches if not one.failure and one.shown)
        kind = LTI + "message_type"
        return next((one for one in fits if one.shown.get(kind) == RESOURCE), None)


@dataclass(frozen=True)
class Finding:
    """One thing: what it is, and what to do."""

    code: str
    severity: Severity
    words: str
    todo: tuple[str, ...] = ()


def findings(place: Place) -> list[Finding]:
    """Return what is wrong or worth knowing, the worst first."""
    found = [one for rule in RULES for one in rule(place)]
    return sorted(found, key=lambda one: one.severity)


def _do(place: Place, code: str, *general: str) -> tuple[str, ...]:
    """What to do: as this platform calls it, else in general."""
    return tuple(advice.where(place.family, code)) or general


def refused(place: Place) -> Iterator[Finding]:
    """Launches that were sent away, by why; forgiven where a later one worked."""
    worked = next((one.at for one in place.launches if not one.failure), None)
    counted = Counter(one.failure for one in place.launches if one.failure)
    for code, many in counted.items():
        last = next(one.at for one in place.launches if one.failure == code)
        over = worked is not None and worked > last
        mild = over or code in ALWAYS_HARMLESS
        counts = ngettext("%(n)d of the last launches", "%(n)d of the last launches", many)
        words = f"{counts % {'n': many}}: {failures.words(code)}"
        if over:
            words = f"{words} {_('It works by now.')}"
        severity = Severity.NOTE if mild else Severity.BAD
        todo = () if over else (failures.todo(code),)
        yield Finding(f"refused_{code}", severity, words, tuple(filter(None, todo)))


def clock_words(off: float) -> str:
    """Say how far the platform's clock is from ours, `off` seconds ahead; "" where it is near."""
    told = {"n": round(abs(off))}
    if off > NEAR:
        return _("The platform's clock is %(n)d s ahead of ours.") % told
    return _("The platform's clock is %(n)d s behind ours.") % told if off < -NEAR else ""


def clock(place: Place) -> Iterator[Finding]:
    """How far the platform's clock is from ours; a launch's way takes a moment too."""
    read = [one.clock for one in place.launches if one.clock is not None][:RECENT]
    if not read or abs(off := min(read, key=abs)) <= NEAR:
        return
    most = _("Launches are refused when it is off by more than %(most)d s.") % {"most": LEEWAY}
    words = f"{clock_words(off)} {most}"
    severity = Severity.BAD if abs(off) > LEEWAY else Severity.WARN
    todo = _("Let the platform's server take its time from a time server (NTP), and ours as well.")
    yield Finding("clock", severity, words, (todo,))


def grades(place: Place) -> Iterator[Finding]:
    """Whether grades can be sent: the claim of AGS, and its four rights."""
    if (one := place.last_good) is None or not one.part(f"{LTI}context"):
        return
    claim = one.part(GRADES)
    general = _("Give Tutor.AI the Assignment and Grade Services in the platform's registration.")
    if not claim.get("lineitems") and not claim.get("lineitem"):
        words = _("Launches do not offer the gradebook: Tutor.AI can send no grades.")
        yield Finding("no_grades", Severity.WARN, words, _do(place, "no_grades", general))
        return
    scopes = claim.get("scope")
    granted = {one for one in scopes if isinstance(one, str)} if isinstance(scopes, list) else set()
    if missing := [last(one) for one in NEEDED if "lti-ags" in one and one not in granted]:
        words = _("The gradebook is offered without all its rights: %(which)s is missing.")
        told = words % {"which": ", ".join(missing)}
        yield Finding("grades_partly", Severity.WARN, told, _do(place, "grades_partly", general))


def roster(place: Place) -> Iterator[Finding]:
    """Whether the course's people can be read: the claim of NRPS."""
    if (one := place.last_good) is None or not one.part(f"{LTI}context"):
        return
    if not one.part(ROSTER).get("context_memberships_url"):
        words = _(
            "Launches do not offer the course's list of people: teachers see only who was here."
        )
        general = _("Give Tutor.AI the Names and Role Provisioning Services in the registration.")
        yield Finding("no_roster", Severity.WARN, words, _do(place, "no_roster", general))


def names(place: Place) -> Iterator[Finding]:
    """Whether people have names."""
    one = place.last_good
    if one is None or not one.shown.get("sub") or any(one.shown.get(name) for name in PERSON):
        return
    words = _("People come without a name: teachers see a pseudonym instead. Everything works.")
    general = _("Let the platform share names with Tutor.AI, if your institution wants that.")
    yield Finding("no_names", Severity.NOTE, words, _do(place, "no_names", general))


def variables(place: Place) -> Iterator[Finding]:
    """Variables that the platform left as they were, though each launch should have them."""
    if (one := place.last_good) is None:
        return
    if left := [name for name in unresolved(one) if name not in SELDOM]:
        words = _("The platform did not fill in: %(names)s.") % {"names": ", ".join(left)}
        general = _("Take them out of the custom parameters, or ask the platform's vendor.")
        yield Finding("variables", Severity.NOTE, words, _do(place, "variables", general))
    if place.family == "canvas" and not all(_filled(one.custom.get(name)) for name in JOINS):
        words = _("Launches do not say which Canvas user and course they are about.")
        yield Finding("no_join", Severity.WARN, words, _do(place, "no_join"))


def unresolved(one: Seen) -> list[str]:
    """Return the variables (`$Name`) that came as they were written."""
    told = {str(value) for value in one.custom.values()}
    return sorted(value for value in told if value.startswith("$"))


def _filled(value: Any) -> bool:
    return bool(value) and not str(value).startswith("$")


def rights(place: Place) -> Iterator[Finding]:
    """Roles that nobody knows make a guest, who may do nothing."""
    if (one := place.last_good) is None:
        return
    told = one.shown.get(f"{LTI}roles")
    uris = [uri for uri in told if isinstance(uri, str) and uri] if isinstance(told, list) else []
    if roles.effective(uris, overrides=place.roles) == Role.GUEST:
        words = _("The last launch had no role in the course: such a person sees only the start.")
        if uris:
            words += " " + _("It named: %(roles)s.") % {"roles": ", ".join(uris)}
        todo = _("Enrol the person in the course, or map the role on the platform's page here.")
        yield Finding("no_role", Severity.NOTE, words, (todo,))


def course(place: Place) -> Iterator[Finding]:
    """A launch outside of any course."""
    if (one := place.last_good) and not one.part(f"{LTI}context"):
        words = _("The last launch came from outside of a course: Tutor.AI has no material there.")
        yield Finding("no_course", Severity.NOTE, words, (_("Place the link in a course."),))


def twins(place: Place) -> Iterator[Finding]:
    """Two platforms that call themselves different things: a test server copied from the real."""
    told = (one.part(f"{LTI}tool_platform").get("guid") for one in place.launches)
    guids = list(dict.fromkeys(str(guid) for guid in told if guid))
    if len(guids) > 1:
        words = _("Two platforms launch through this installation: %(which)s.")
        todo = _(
            "If one is a copy of the other, as a test server is, give it a registration of its own:"
            " else its people and grades mix with those of the real one."
        )
        which = ", ".join(guids)
        yield Finding("two_platforms", Severity.WARN, words % {"which": which}, (todo,))


def tokens(place: Place) -> Iterator[Finding]:
    """What the token endpoint said last: without a token no grade leaves and no roster comes."""
    if place.token:
        words = _("The last request for access to grades and people failed: %(why)s")
        told = words % {"why": errors.words(place.token)}
        code = f"token_{place.token}"
        yield Finding(code, Severity.BAD, told, _do(place, place.token))


def promised(place: Place) -> Iterator[Finding]:
    """Rights that launches tell of, and that a token then lacks."""
    one = place.last_good
    if place.token != "" or one is None:
        return
    claim = one.part(GRADES).get("scope")
    told = {scope for scope in claim if isinstance(scope, str)} if isinstance(claim, list) else ()
    if missing := [last(one) for one in NEEDED if one in told and one in place.lacks]:
        words = _("Launches promise rights that the platform then does not grant: %(which)s.")
        which = ", ".join(missing)
        todo = _do(place, "grades_partly")
        yield Finding("token_less", Severity.WARN, words % {"which": which}, todo)


def stopped(place: Place) -> Iterator[Finding]:
    """Courses whose people and columns the platform does not tell any more."""
    for code, many in sorted(place.stopped.items()):
        words = ngettext(
            "The platform answers no more questions about %(n)d course: %(why)s",
            "The platform answers no more questions about %(n)d courses: %(why)s",
            many,
        )
        todo = _(
            "See that Tutor.AI is still installed there with its rights, and open it once: then "
            "the platform is asked anew."
        )
        told = words % {"n": many, "why": errors.words(code)}
        yield Finding(f"stopped_{code}", Severity.WARN, told, (todo,))


def our_keys(place: Place) -> Iterator[Finding]:
    """Our own keys."""
    if place.key_waits:
        words = _("A new key of ours waits to be pasted into the platform.")
        todo = _("Platforms, this platform, Our key: paste it there, then say so.")
        yield Finding("key_waits", Severity.WARN, words, (todo,))
    if place.key_late:
        words = _("Tutor.AI's signing key is older than it should be. Nothing fails for it.")
        todo = _("An operator of Tutor.AI has to see that its workers run.")
        yield Finding("key_late", Severity.NOTE, words, (todo,))


def beginnings(place: Place) -> Iterator[Finding]:
    """What never began, or began and never came back."""
    if place.awaits and not place.used and all(one.failure for one in place.launches):
        words = _("The platform may still wait for its administrator to turn Tutor.AI on.")
        yield Finding("awaits", Severity.WARN, words, _do(place, "awaits"))
    if place.lost >= MANY:
        words = _("%(n)d logins of the last hour went to the platform and never came back.")
        general = _("Check that the platform knows our redirect URI, character by character.")
        told = words % {"n": place.lost}
        yield Finding("lost", Severity.BAD, told, _do(place, "lost", general))
    if not (place.launches or place.lost or place.used or place.installed):
        words = _("Nobody has opened Tutor.AI from here in the last 30 days.")
        yield Finding("quiet", Severity.NOTE, words)


def last(scope: str) -> str:
    """Return what administrators see of a scope: its last word."""
    return scope.rpartition("/")[2]


RULES: tuple[Callable[[Place], Iterator[Finding]], ...] = (
    refused,
    clock,
    tokens,
    promised,
    stopped,
    grades,
    roster,
    variables,
    twins,
    our_keys,
    beginnings,
    names,
    rights,
    course,
)
