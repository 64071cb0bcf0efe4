"""PNG and JPEG → blocks: what its author says it shows, and the words in it where they are read."""

import re
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO

from lxml import etree

from agents.extract import ocr
from agents.extract.blocks import Block, CannotRead, Pile
from tutorai.lmsdm.schema import Unreadable

PIXELS = 50_000_000  # more is no scan of a page; a small file may claim billions
LEAST = 32  # pixels a side; an icon has no words
XMP = 200_000  # bytes of a packet, between `BEGINS` and `ENDS`
BEGINS, ENDS = b"<x:xmpmeta", b"</x:xmpmeta>"
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
# Frames of a JPEG that tell its size: all of C0 to CF but three that are tables.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# In XMP, best first: words for whoever cannot see it, else what it shows.
TOLD = ("AltTextAccessibility", "ExtDescrAccessibility", "description", "title")
KEYS = ("description", "title", "comment")  # of a PNG's own texts
NAMED = 2  # words that make a file's name say something; IMG_0032 does not


def read(file: BinaryIO, name: str = "", language: str = "") -> list[Block]:
    """Return the blocks. Raises CannotRead: broken, too_big, scanned."""
    image = file.read()
    width, height = _size(image)
    if width * height > PIXELS:
        raise CannotRead(Unreadable.TOO_BIG)
    told = list(dict.fromkeys(_described(image)))
    large = min(width, height) >= LEAST
    if large and ocr.there():
        told += ocr.Reader(language).picture(image)
    elif large and not told:
        raise CannotRead(Unreadable.SCANNED)
    pile = Pile()
    if told and (title := _title(name)):
        pile.add(title)
    for text in told:
        pile.add(text)
    return pile.blocks


def _size(image: bytes) -> tuple[int, int]:
    """Return width and height as the file's head says. Raises CannotRead (broken)."""
    try:
        if image.startswith(PNG):
            width, height = struct.unpack(">II", image[16:24])
            return width, height
        if image.startswith(JPEG):
            return _frame(image)
    except (struct.error, IndexError) as error:
        raise CannotRead(Unreadable.BROKEN) from error
    raise CannotRead(Unreadable.BROKEN)


def _frame(image: bytes) -> tuple[int, int]:
    at = 2
    while image[at] == 0xFF:
        if image[at + 1] in FRAMES:
            height, width = struct.unpack(">HH", image[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", image[at + 2 : at + 4])[0])
    raise IndexError(at)


def _described(image: bytes) -> Iterator[str]:
    """Yield what the file says it shows: by XMP, which both formats carry, else by PNG's texts."""
    begins = image.find(BEGINS)
    ends = image.find(ENDS, begins, begins + XMP) if begins >= 0 else -1
    if ends >= 0:
        told = image[begins : ends + len(ENDS)]
        try:
            packet = etree.fromstring(told, etree.XMLParser(resolve_entities=False))
        except etree.XMLSyntaxError:
            packet = None
        for name in TOLD if packet is not None else ():
            for each in packet.iterfind(f".//{{*}}{name}"):
                if text := " ".join(" ".join(each.itertext()).split()):
                    yield text
                    return
    if image.startswith(PNG):
        yield from _texts(image)


def _texts(image: bytes) -> Iterator[str]:
    """Yield a PNG's own texts; packed ones are passed by."""
    held = BytesIO(image[8:])
    while len(head := held.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        body = held.read(length)
        held.read(4)
        key, _nul, rest = body.partition(b"\x00")
        if key.decode("latin-1").lower() not in KEYS:
            continue
        if kind == b"tEXt":
            yield rest.decode("latin-1").strip()
        elif kind == b"iTXt" and rest[:1] == b"\x00":
            yield rest[2:].split(b"\x00", 2)[-1].decode(errors="replace").strip()


def _title(name: str) -> str:
    """Return a file's name as words, where it says something."""
    told = re.sub(r"[\W_]+", " ", PurePath(name).stem)
    spoken = [word for word in told.split() if word.isalpha() and len(word) > 2]
    return told.strip() if len(spoken) >= NAMED else ""
