"""Office files: a ZIP of XML parts, opened so that no part grows larger than we take."""

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from lzma import LZMAError
from typing import Any, BinaryIO

from lxml import etree

from agents.extract.blocks import CannotRead
from tutorai.lmsdm.schema import Unreadable

UNPACKED = 200 * 1024**2  # bytes; a real document of 50 MB is mostly pictures, packed already
PARTS = 5000
RELATIONS = 2 * 1024**2  # bytes of a part that says where others are
PIECE = 64 * 1024  # bytes read at once
# What a damaged package makes zipfile and lxml raise.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    etree.LxmlError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    ValueError,
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Office's older container, and every encrypted document
LOCKED = 0x1  # in the flags of a part that is encrypted
# How Office packs. Of bzip2 and LZMA zipfile unpacks all of a piece at once: 2 KB hold gigabytes.
PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DOCUMENT = f"{OFFICE}/officeDocument"


class Package:
    """An opened file of Word or PowerPoint."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._zip = opened
        parts = opened.infolist()
        if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
            raise CannotRead(Unreadable.TOO_BIG)

    def document(self) -> str:
        """Return the name of the main part: not every program gives it the usual one."""
        names = [target for kind, target in self.relations("").values() if kind == DOCUMENT]
        return names[0] if names else ""

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return what a part ("": the package) refers to: id → (type, name of the part)."""
        folder, file = posixpath.split(name)
        where = posixpath.join(folder, "_rels", f"{file}.rels")
        if where not in self._zip.namelist():
            return {}
        with self._zip.open(self._part(where, RELATIONS)) as part:
            text = part.read(RELATIONS + 1)  # without a number, more than it says is unpacked
            held = etree.fromstring(text, etree.XMLParser(resolve_entities=False))
        return {
            each.get("Id", ""): (
                each.get("Type", ""),
                posixpath.normpath(posixpath.join("/", folder, each.get("Target", "")))[1:],
            )
            for each in held.iterfind("{*}Relationship")
            if each.get("TargetMode") != "External"
        }

    def feed(self, name: str, target: Any, limit: int, check: Callable[[], None]) -> None:
        """Read a part as it streams by, tag by tag; zipfile reads no further than it tells."""
        parser = etree.XMLParser(target=target, resolve_entities=False)
        with self._zip.open(self._part(name, limit)) as part:
            while piece := part.read(PIECE):
                parser.feed(piece)
                check()
        parser.close()

    def _part(self, name: str, limit: int) -> zipfile.ZipInfo:
        part = self._zip.getinfo(name)
        if part.file_size > limit:
            raise CannotRead(Unreadable.TOO_BIG)
        if part.flag_bits & LOCKED:
            raise CannotRead(Unreadable.ENCRYPTED)
        if part.compress_type not in PACKED:
            raise CannotRead(Unreadable.BROKEN)
        return part


@contextmanager
def opened(file: BinaryIO) -> Iterator[Package]:
    """Open a file. Raises CannotRead: encrypted, broken, too_big (a zip bomb too)."""
    if file.read(8) == OLE:
        raise CannotRead(Unreadable.ENCRYPTED)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as held:
            yield Package(held)
    except DAMAGE as error:
        raise CannotRead(Unreadable.BROKEN) from error
