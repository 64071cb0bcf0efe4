"""Many people at once → rows: a roster of a thousand takes as few statements as one of three."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from tutorai.ids import new_id
from tutorai.lmsdm import schema
from tutorai.lmsdm.models import Identity, User

FIELDS = ("name", "email", "locale", "is_test")


@transaction.atomic
def save_users(
    *, institution_id: UUID, source: str, users: Iterable[schema.User]
) -> dict[str, UUID]:
    """Make the people's rows say what `users` say; return their ids by the source's.

    As `store.save_user` of each: a field the LMS did not send keeps what another source told, and
    who says the same already is not written. In one order, so that two rosters do not block each
    other.
    """
    told = {user.user_id: user for user in sorted(users, key=lambda user: user.user_id)}
    rows = _identified(institution_id, source, list(told))
    held = User.objects.in_bulk(list(rows.values()))
    fresh = {row: told[name] for name, row in rows.items() if row not in held}
    User.objects.bulk_create(
        (
            User(
                pk=row,
                institution_id=institution_id,
                **{name: getattr(user, name) for name in FIELDS},
            )
            for row, user in fresh.items()
        ),
        ignore_conflicts=True,
    )
    changed = [row for name, row in rows.items() if row in held and _differs(held[row], told[name])]
    new = {row: told[name] for name, row in rows.items()}
    locked = list(User.objects.filter(pk__in=changed).order_by("pk").select_for_update())
    for row in locked:
        for name, value in _sent(new[row.pk]).items():
            setattr(row, name, value)
    User.objects.bulk_update(locked, FIELDS)
    return rows


def _identified(institution_id: UUID, source: str, names: list[str]) -> dict[str, UUID]:
    """Return which rows these outside ids mean; whom nobody knew gets a row of their own."""
    known = Identity.objects.filter(
        institution_id=institution_id, source=source, kind=Identity.Of.USER, external_id__in=names
    )
    rows = dict(known.values_list("external_id", "row"))
    new = [name for name in names if name not in rows]
    made = [
        Identity(
            institution_id=institution_id,
            source=source,
            kind=Identity.Of.USER,
            external_id=name,
            row=new_id(),
        )
        for name in new
    ]
    Identity.objects.bulk_create(made, ignore_conflicts=True)
    if new:  # a launch at the same moment may have won
        rows |= dict(known.filter(external_id__in=new).values_list("external_id", "row"))
    return rows


def _sent(user: schema.User) -> dict[str, str | bool]:
    fields = {"name": user.name, "email": user.email, "locale": user.locale}
    return {**{name: value for name, value in fields.items() if value}, "is_test": user.is_test}


def _differs(row: User, user: schema.User) -> bool:
    return any(getattr(row, name) != value for name, value in _sent(user).items())
