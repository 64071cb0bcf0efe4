"""Small photos with and without what tells of their maker; drawn for these tests."""

import base64
import struct

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAADAAAAAgCAYAAABU1PscAAAAe0lEQVR4AeyXQQpAIQgFX93/zv5/ADfxUBGmcCOk"
    "OdOmG1JUhqJ2Xy1fDDAtEAMYMAnwhEyA9nEM2AjNAhgwAdrHMWAjNAvsN3CkUxk6/2+jMPYb0PKFgWmBDwamr5r3"
    "Z4CcS18WA32s804YyLn0ZTHQxzrvhIGcS1/2AwAA///foE9bAAAABklEQVQDALwQeBFwtuowAAAAAElFTkSuQmCC"
)
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0"
    "KSEiMEExNDk7Pj4+JS5ESUM8SDc9Pjv/2wBDAQoLCw4NDhwQEBw7KCIoOzs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7"
    "Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozv/wAARCAAgADADASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAA"
    "AAYFB//EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAXAQADAQAAAAAAAAAAAAAAAAAEBgcF/8QAIBEBAAADCQAAAAAA"
    "AAAAAAAAAAOCwgQGB0FCQ0SBwf/aAAwDAQACEQMRAD8AlQC6swvEGvGdbtPfiQ4m8SegAZ6QuDgKGqw12Q1zndXe"
    "lqDx8gA5hn//2Q=="
)
WEBP = base64.b64decode(
    "UklGRpwAAABXRUJQVlA4WAoAAAAQAAAALwAAHwAAQUxQSBUAAAABDzD/ERFCIJDkL73AABH9n4D2MQcAVlA4IGAA"
    "AABwBACdASowACAAPoEwkkglIyGhOqgAoBAJZgCvvQA/ADYseQfhKA1uSkVAgAD+771BN75C+scvb0A3oB/i/5u/"
    "/xO1jCyIdg92p9IbP8ghq3HT9pOf8eO/q/bO0WsnAAA="
)
SECRET = b"47.3N 8.5E, taken by Ada"
TURNED = 6  # by a quarter


def telling_png() -> bytes:
    """A PNG that tells where it was made, and has something behind its end."""
    text = b"tEXtcomment\x00" + SECRET
    chunk = struct.pack(">I", len(text) - 4) + text + b"\x00\x00\x00\x00"
    return PNG[:33] + chunk + PNG[33:] + SECRET


def telling_jpeg() -> bytes:
    """A JPEG that is to be turned, and tells where it was made: in Exif, XMP and a comment."""
    head = b"II*\x00" + struct.pack("<IHHHII", 8, 1, 0x0112, 3, 1, TURNED) + b"\x00" * 4
    exif, xmp = b"Exif\x00\x00" + head + SECRET, b"http://ns.adobe.com/xap/1.0/\x00" + SECRET
    told = b"".join(_segment(*one) for one in ((0xE1, exif), (0xE1, xmp), (0xFE, SECRET)))
    return JPEG[:2] + told + JPEG[2:] + SECRET


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def telling_webp() -> bytes:
    """A WebP with an Exif chunk."""
    body = SECRET + b"\x00" * (len(SECRET) & 1)
    made = WEBP[8:] + b"EXIF" + struct.pack("<I", len(SECRET)) + body
    return b"RIFF" + struct.pack("<I", len(made)) + made
