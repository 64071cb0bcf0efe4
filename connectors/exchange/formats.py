"""The formats that questions leave and come in, in one table."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from connectors.exchange import gift, moodle_xml, qti12, qti12_read, qti21, qti21_read
from connectors.exchange.packages import broken, unpack
from connectors.exchange.terms import Format, Taken
from tutorai.errors import BadRequest

ZIP = b"PK\x03\x04"

FORMATS: dict[str, Format] = {
    "moodle": Format(
        _("Moodle XML"), "moodle", ".xml", "application/xml", moodle_xml.write, moodle_xml.limits
    ),
    "gift": Format(_("GIFT text"), "moodle", ".gift.txt", "text/plain", gift.write, gift.limits),
    "qti21": Format(
        _("QTI 2.1 package"),
        "blackboard",
        ".qti21.zip",
        "application/zip",
        qti21.write,
        qti21.limits,
    ),
    "qti12": Format(
        _("QTI 1.2 package"), "canvas", ".qti12.zip", "application/zip", qti12.write, qti12.limits
    ),
}


def read(content: bytes) -> Taken:
    """Return the questions of a file, whichever of these it is; raise BadRequest and TooBig."""
    if not content.startswith(ZIP):
        return _alone(content)
    files = unpack(content)
    for reader in (qti12_read.read, qti21_read.read):
        try:
            return reader(files)
        except BadRequest:
            continue
    raise broken()


def _alone(content: bytes) -> Taken:
    """Read a file that is no package."""
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return gift.read(content)
    for reader in (moodle_xml.read, _one(qti12_read.read), _one(qti21_read.read)):
        try:
            return reader(content)
        except BadRequest:
            continue
    raise broken()


def _one(reader: Callable[[dict[str, bytes]], Taken]) -> Callable[[bytes], Taken]:
    return lambda content: reader({"file.xml": content})
