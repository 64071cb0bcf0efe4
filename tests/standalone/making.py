"""Courses that are made here, packages to fill them with, and the jobs that follow."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories
from tutorai import flows
from tutorai.access import Officer
from tutorai.ledger import attempts
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course, Institution
from tutorai.models import Cartridge, Office
from tutorai.standalone import courses, filling
from tutorai.standalone.courses import Told

MANIFEST = "imsmanifest.xml"


def an_officer(role: Office.Role = Office.Role.TEACHER, of: Institution | None = None) -> Officer:
    """Somebody at work in an office."""
    office = factories.an_office(of, role)
    return Officer(office.account_id, office.institution, role)


def a_course(who: Officer | None = None, title: str = "Physics", **fields: Any) -> Course:
    """A course that somebody made here."""
    told = Told(title=title, instructor=fields.pop("instructor", "Ada Lovelace"), **fields)
    return courses.make(who or an_officer(), told)


def drain(course: Course) -> None:
    """Do every job of the course that is due, until none is; vectors are for other tests."""
    jobs = Job.objects.filter(course=course).exclude(kind=flows.EMBED)
    while due := list(jobs & Job.objects.due().order_by("created_at")):
        for job in due:
            attempts.attempt(job.pk, flows.WORK)


def a_manifest(resources: str, lines: str = "", version: str = "1.1.0", name: str = "m1") -> str:
    """A manifest as 1EdTech's profile has it; only the parts that are read."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="{name}" xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
  xmlns:lomimscc="http://ltsc.ieee.org/xsd/imsccv1p1/LOM/manifest">
 <metadata><schema>IMS Common Cartridge</schema><schemaversion>{version}</schemaversion></metadata>
 <organizations><organization identifier="o1" structure="rooted-hierarchy">
  <item identifier="root">{lines}</item></organization></organizations>
 <resources>{resources}</resources>
</manifest>"""


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """An archive of these files."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return written.getvalue()


def read(who: Officer, course: Course, package: bytes, name: str = "c.imscc") -> Cartridge:
    """Hand a package in, and have it read."""
    row = filling.hand_in(who, course, SimpleUploadedFile(name, package))
    drain(course)
    row.refresh_from_db()
    return row
