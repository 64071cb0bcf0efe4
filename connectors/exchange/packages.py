"""Files from outside, opened with care: XML without entities, zips that do not swell. Pure."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from lxml import etree

from tutorai.errors import BadRequest, TooBig

MOST = 40 * 1024 * 1024  # bytes of what a package holds, unpacked
ENTRIES = 3000  # files in one
# Of bzip2 and LZMA zipfile unpacks all of a piece at once: 2 KB hold gigabytes.
PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
DAMAGE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError)
# So that the same quiz is the same bytes: the first moment that a zip can name.
THEN = datetime(1980, 1, 1, tzinfo=UTC).timetuple()[:6]


def broken() -> BadRequest:
    """Return what to raise for a file that is not what it should be."""
    return BadRequest(why=_("it is none of the formats that questions come in, or is damaged"))


def tree(content: bytes) -> etree._Element:
    """Return an XML document's root; raise BadRequest. Nothing outside of it is fetched or expanded."""
    careful = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_pis=True,
        remove_comments=True,
    )
    try:
        return etree.fromstring(content, careful)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise broken() from error


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, THEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return made.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Return the XML files of a zip by their names; raise BadRequest, and TooBig for one that swells."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            wanted = [one for one in archive.infolist() if one.filename.casefold().endswith(".xml")]
            swollen = sum(one.file_size for one in wanted) > MOST
            if len(archive.infolist()) > ENTRIES or swollen:
                raise TooBig(limit=f"{MOST // 1024 // 1024} MB")
            if any(one.compress_type not in PACKED for one in wanted):
                raise broken()
            return {one.filename: _opened(archive, one) for one in wanted}
    except DAMAGE as error:
        raise broken() from error


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as opened:
        return opened.read(MOST)
