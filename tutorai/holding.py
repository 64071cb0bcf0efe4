"""One thing that is held of people: which columns, how long, and how it goes."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Goes(StrEnum):
    """How a holding ends when its person is erased."""

    ROW = "row"  # the row is deleted, with all that hangs on it
    CLEARED = "cleared"  # the row belongs to others: these columns are emptied
    EXPIRES = "expires"  # nobody finds it by person; it is short-lived and goes by itself
    OPAQUE = "opaque"  # an id alone, which says nothing once the person's row is gone


@dataclass(frozen=True)
class Holding:
    """Columns of one table."""

    model: str  # app_label.Model
    columns: tuple[str, ...]
    what: str | Promise
    kept: str | Promise  # until when, where nobody asks for erasure
    goes: Goes


WITH_COURSE = _("as long as the course")
WITH_ACCOUNT = "as long as the account"
