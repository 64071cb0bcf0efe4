"""The archive: members by name, each read within limits, none of them ever written to disk."""

import posixpath
import zipfile
import zlib
from typing import IO, Self
from urllib.parse import unquote

from connectors.cartridge.errors import NotPacked, PackedTooMuch
from tutorai.errors import TooBig

MEMBERS = 20_000  # files of one package
TOTAL = 4 * 1024**3  # bytes unpacked, as the archive says; what it hides is stopped by `read`
RATIO = 500  # times as large unpacked: text packs to a tenth, a bomb to a thousandth
SMALL = 1024**2  # bytes that are no bomb whatever they were packed to
XML = 16 * 1024**2  # bytes of one document that we parse
# Of bzip2 and LZMA zipfile unpacks all of a piece at once: 2 KB hold gigabytes.
PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


def plain(path: str, base: str = "") -> str:
    """Return the name of a member as the archive has it; "" for one that leads out of it.

    Manifests write names as URLs, percent-encoded; some writers use backslashes.
    """
    told = unquote(path.partition("?")[0].partition("#")[0]).replace("\\", "/").strip()
    if not told or told.startswith("/") or ":" in told.partition("/")[0]:
        return ""
    name = posixpath.normpath(posixpath.join(base, told))
    return "" if name.startswith("..") or name == "." else name


class Package:
    """An open archive. Raises NotPacked and PackedTooMuch when it is opened."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except BROKEN as error:
            raise NotPacked() from error
        held = self._zip.infolist()
        if len(held) > MEMBERS or sum(one.file_size for one in held) > TOTAL:
            raise PackedTooMuch()
        files = {plain(one.filename): one for one in held if not one.is_dir()}
        self._held = {name: one for name, one in files.items() if name}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._held

    def size(self, name: str) -> int:
        """Return how many bytes a member has, as the archive says."""
        return self._held[name].file_size

    def version(self, name: str) -> str:
        """Return what changes whenever the member does."""
        return f"{self._held[name].CRC:08x}-{self._held[name].file_size}"

    def read(self, name: str, cap: int = XML) -> bytes:
        """Return a member's bytes. Raises NotPacked (damaged, encrypted, not there) and TooBig."""
        with self.open(name, cap) as file:
            try:
                told = file.read(cap + 1)
            except BROKEN as error:
                raise NotPacked() from error
        if len(told) > cap:
            raise TooBig(limit=f"{cap // 1024**2} MB")
        return told

    def open(self, name: str, cap: int) -> IO[bytes]:
        """Open a member that says it has at most `cap` bytes; raises NotPacked and TooBig.

        What it says may be untrue: whoever reads it counts.
        """
        held = self._held.get(name)
        if held is None or held.flag_bits & 1 or held.compress_type not in PACKED:  # 1: encrypted
            raise NotPacked()
        bomb = held.file_size > max(SMALL, RATIO * max(1, held.compress_size))
        if held.file_size > cap or bomb:
            raise TooBig(limit=f"{cap // 1024**2} MB")
        try:
            return self._zip.open(held)
        except BROKEN as error:
            raise NotPacked() from error
