"""Tutor.AI as LMSs know it: which application serves a school there, and to whom its secret goes.

A secret is sent to the LMS it was entered for, and to no other address. One of the operator's that
is for every site of a vendor goes to addresses of that vendor alone.
"""

from urllib.parse import urlsplit

from django.db.models import QuerySet

from connectors.models import APPLICATION, Application
from tutorai import crypto
from tutorai.lmsdm.models import Institution

# What every site of a vendor's ends with; schools with a domain of their own are entered by it.
VENDORS = {"blackboard": ".blackboard.com"}
ASKING = frozenset({"canvas", "blackboard"})  # which LMSs know applications at all


def of(institution: Institution) -> QuerySet[Application]:
    """Return a school's own applications."""
    return Application.objects.filter(institution=institution).order_by("lms", "base_url")


def serving(institution: Institution, lms: str, base_url: str) -> Application | None:
    """Return the application by which people of a school consent at one address; None without."""
    rows = Application.objects.filter(lms=lms)
    here, operators = rows.filter(base_url=base_url), rows.filter(institution=None)
    found = here.filter(institution=institution).first() or here.filter(institution=None).first()
    if found is None and _vendors(lms, base_url):
        found = operators.filter(base_url="").first()
    return found


def _vendors(lms: str, base_url: str) -> bool:
    host, end = urlsplit(base_url).hostname or "", VENDORS.get(lms, "")
    return bool(end) and host.endswith(end)


def keep(
    institution: Institution | None, *, lms: str, base_url: str, client_id: str, secret: str
) -> Application:
    """Store an application; one that is there for the same address gets the new key and secret.

    Without an institution it is the operator's, for every school.
    """
    told = {
        "client_id": client_id,
        "client_secret": crypto.encrypt(secret, purpose=APPLICATION),
    }
    row, _new = Application.objects.update_or_create(
        institution=institution, lms=lms, base_url=base_url, defaults=told
    )
    return row
