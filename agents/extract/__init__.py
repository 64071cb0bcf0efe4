"""Reading: a content item's bytes or HTML → blocks of text that know their place.

Only text enters; what cannot be read says why (`CannotRead.reason`), in the words of the
teacher's coverage line.
"""

from collections.abc import Callable
from typing import BinaryIO, cast

from django.conf import settings

from agents.extract import captions, docx, html, pdf, picture, plain, pptx
from agents.extract.blocks import Block, CannotRead
from tutorai.lmsdm import media
from tutorai.lmsdm.models import ContentItem
from tutorai.lmsdm.schema import Unreadable

__all__ = ["Block", "CannotRead", "read", "read_file"]

Reader = Callable[[BinaryIO], list[Block]]
READERS: dict[str, Reader] = {
    media.DOCX: docx.read,
    media.PPTX: pptx.read,
    media.SRT: captions.read,
    "text/srt": captions.read,
    "text/vtt": captions.read,
    "text/html": lambda file: html.read(plain.decode(file.read())),
    "application/xhtml+xml": lambda file: html.read(plain.decode(file.read())),
    "text/markdown": plain.markdown,
    "text/x-markdown": plain.markdown,
    "text/plain": plain.text,
    "text/x-python": plain.code,
    "text/csv": plain.code,
}
# What may hold pictures of text: which language it is in helps.
PICTURED: dict[str, Callable[[BinaryIO, str, str], list[Block]]] = {
    "application/pdf": lambda file, name, language: pdf.read(file, language),
    "image/jpeg": picture.read,
    "image/png": picture.read,
}


def read(item: ContentItem) -> list[Block]:
    """Return the blocks of a content item: of its body, or of its file.

    Raises CannotRead.
    """
    if item.blob:
        if item.blob.size > settings.UPLOAD_LIMIT:
            raise CannotRead(Unreadable.TOO_BIG)
        with item.blob.open("rb") as file:
            told = {"mime": item.mime, "name": item.title, "language": item.course.language}
            return read_file(cast(BinaryIO, file), **told)
    return _kept(html.read(item.body))


def read_file(file: BinaryIO, *, mime: str, name: str = "", language: str = "") -> list[Block]:
    """Return the blocks of an open file, in that language if it is known. Raises CannotRead."""
    kind = media.readable(mime, name)
    if not kind:
        raise CannotRead(Unreadable.UNSUPPORTED)
    if kind in PICTURED:
        return _kept(PICTURED[kind](file, name, language))
    return _kept(READERS[kind](file))


def _kept(blocks: list[Block]) -> list[Block]:
    if not blocks:
        raise CannotRead(Unreadable.NO_TEXT)
    return blocks
