"""What a platform may let us do, in words: its scopes, and what it shares of people."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from lti import ags, line_items, nrps, results
from lti.registration.ours import NOTICES

(RESULTS,) = results.SCOPES
(SCORES,) = ags.SCORES
WORDS: dict[str, str | Promise] = {
    line_items.SCOPE: gettext_lazy("Add and change gradebook columns of its own"),
    f"{line_items.SCOPE}.readonly": gettext_lazy("See gradebook columns"),
    RESULTS: gettext_lazy("See the grades in its columns"),
    SCORES: gettext_lazy("Write grades that a teacher approved"),
    nrps.SCOPE: gettext_lazy("See who is in a course"),
    nrps.GROUPS_SCOPE: gettext_lazy("See the groups of a course"),
    NOTICES: gettext_lazy("Hear when a course was copied"),
}
SHARES: dict[str, tuple[str | Promise, str | Promise]] = {
    "public": (
        gettext_lazy("Names and e-mail"),
        gettext_lazy("Teachers see their students by name; the tutor greets people by theirs."),
    ),
    "name_only": (
        gettext_lazy("Names only"),
        gettext_lazy("The same, and Tutor.AI never learns an e-mail address."),
    ),
    "anonymous": (
        gettext_lazy("Neither"),
        gettext_lazy(
            "All works with an opaque id for each person. In Tutor.AI a teacher sees pseudonyms, "
            "and knows who they are in the platform's gradebook only."
        ),
    ),
}


def words(scopes: Iterable[str]) -> list[str]:
    """Return scopes in words; an unknown one stands for itself."""
    return [str(WORDS.get(scope, scope)) for scope in scopes]


def shares() -> list[tuple[str, str, str]]:
    """Return the choices of what is shared: value, label, and what it means."""
    return [(value, str(label), str(means)) for value, (label, means) in SHARES.items()]
