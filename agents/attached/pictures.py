"""Photos as they may be kept: only what is needed to show them. Pure; nothing is decoded.

Where and with what a photo was taken, thumbnails, comments, and whatever hangs on behind the picture
are left out. How it is turned stays. Sources: https://www.w3.org/TR/png-3/ (chunks), ITU-T T.81
(JPEG markers), https://developers.google.com/speed/webp/docs/riff_container.
"""

import re
import struct
import zlib
from dataclasses import dataclass

from agents.extract.picture import FRAMES, JPEG, PIXELS, PNG
from tutorai.errors import BadRequest, TooBig

PNG_KEPT = frozenset(b"IHDR PLTE tRNS gAMA cHRM sRGB sBIT pHYs IDAT IEND".split())
WEBP_KEPT = frozenset({b"VP8X", b"ALPH", b"VP8 ", b"VP8L"})
ANIMATED = 0x02  # a flag of VP8X
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})  # Huffman, arithmetic, quantisation, restarts
SCAN, END, ADOBE, EXIF = 0xDA, 0xD9, 0xEE, 0xE1
ORIENTATION = 0x0112
LEAST = 8  # pixels a side
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
BROKEN = (struct.error, IndexError, ValueError)


@dataclass(frozen=True)
class Picture:
    """A photo that may be kept."""

    mime: str
    data: bytes
    width: int
    height: int


def kind(data: bytes) -> str:
    """Return the media type that the first bytes tell; "" for what is no picture we take."""
    if data.startswith(PNG):
        return "image/png"
    if data.startswith(JPEG):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def clean(data: bytes) -> Picture:
    """Return a PNG, JPEG or WebP without what tells of its maker. Raises BadRequest, TooBig."""
    mime = kind(data)
    ways = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}
    try:
        made, width, height = ways[mime](data)
    except KeyError:
        raise BadRequest(why="PNG, JPEG, WebP") from None
    except BROKEN as error:
        raise BadRequest(why="PNG, JPEG, WebP") from error
    if width * height > PIXELS:
        raise TooBig(limit=f"{PIXELS // 1_000_000} MP")
    if min(width, height) < LEAST:
        raise BadRequest(why=f"{width} × {height}")
    return Picture(mime, made, width, height)


Made = tuple[bytes, int, int]


def _png(data: bytes) -> Made:
    at, made = len(PNG), [PNG]
    width, height = struct.unpack(">II", data[16:24])
    if data[12:16] != b"IHDR":
        raise ValueError
    seen = set()
    while True:
        length, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if len(body) != length:
            raise ValueError
        if name in PNG_KEPT:
            seen.add(name)
            told = name + body
            made.append(struct.pack(">I", length) + told + struct.pack(">I", zlib.crc32(told)))
        at += 12 + length
        if name == b"IEND":
            break
    if b"IDAT" not in seen:
        raise ValueError
    return b"".join(made), width, height


def _jpeg(data: bytes) -> Made:
    at, made, turned = 2, [b"\xff\xd8", JFIF], 1
    size = (0, 0)
    scanned = False
    while at < len(data):
        while data[at + 1] == 0xFF:  # fill bytes
            at += 1
        if data[at] != 0xFF:
            raise ValueError
        marker = data[at + 1]
        if marker == END:
            break
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        segment = data[at : at + 2 + length]
        if length < 2 or len(segment) != 2 + length:
            raise ValueError
        at += 2 + length
        if marker == EXIF:
            turned = _turned(segment[4:]) or turned
        elif marker in FRAMES:
            height, width = struct.unpack(">HH", segment[5:9])
            size = width, height
            made.append(segment)
        elif marker in TABLES or _adobe(marker, segment):
            made.append(segment)
        elif marker == SCAN:
            found = _MARKER.search(data, at)
            end = found.start() if found else len(data)
            made += [segment, data[at:end]]
            at, scanned = end, True
    if not scanned:
        raise ValueError
    if turned != 1:
        made.insert(2, _exif(turned))
    return b"".join([*made, b"\xff\xd9"]), *size


def _adobe(marker: int, segment: bytes) -> bool:
    """What says in which colours the picture is."""
    return marker == ADOBE and segment[4:9] == b"Adobe" and len(segment) == 16


def _turned(body: bytes) -> int:
    """Return how the picture is to be turned (2 to 8); 0 where nothing says so."""
    if not body.startswith(b"Exif\x00\x00"):
        return 0
    tiff = body[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 0
    try:
        (first,) = struct.unpack(order + "I", tiff[4:8])
        (count,) = struct.unpack(order + "H", tiff[first : first + 2])
        for entry in range(min(count, 200)):
            at = first + 2 + 12 * entry
            tag, form, many, value = struct.unpack(order + "HHIH", tiff[at : at + 10])
            if (tag, form, many) == (ORIENTATION, 3, 1):
                return value if 1 < value < 9 else 0
    except struct.error:
        return 0
    return 0


def _exif(turned: int) -> bytes:
    """Return a segment that says how to turn the picture, and nothing else."""
    tiff = b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, turned, 0, 0)
    body = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _webp(data: bytes) -> Made:
    at, made, size = 12, [], (0, 0)
    while at + 8 <= len(data):
        name, length = struct.unpack("<4sI", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if len(body) != length:
            raise ValueError
        at += 8 + length + (length & 1)
        if name not in WEBP_KEPT:
            continue
        if name == b"VP8X":
            if body[0] & ANIMATED:
                raise ValueError
            body = bytes([body[0] & 0x10]) + body[1:]  # of its flags, whether it is see-through
        size = _webp_size(name, body) or size
        made.append(struct.pack("<4sI", name, length) + body + b"\x00" * (length & 1))
        if name in (b"VP8 ", b"VP8L"):
            break
    else:
        raise ValueError
    told = b"WEBP" + b"".join(made)
    return b"RIFF" + struct.pack("<I", len(told)) + told, *size


def _webp_size(name: bytes, body: bytes) -> tuple[int, int] | None:
    if name == b"VP8X":
        return (
            1 + int.from_bytes(body[4:7], "little"),
            1 + int.from_bytes(body[7:10], "little"),
        )
    if name == b"VP8 ":
        if body[3:6] != b"\x9d\x01\x2a":
            raise ValueError
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L":
        if body[:1] != b"\x2f":
            raise ValueError
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def grey(pixels: bytes, width: int, height: int) -> bytes:
    """Return a PNG of rows of grey (one byte a pixel)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        told = name + body
        return struct.pack(">I", len(body)) + told + struct.pack(">I", zlib.crc32(told))

    rows = b"".join(b"\x00" + pixels[at : at + width] for at in range(0, width * height, width))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
