"""What a file is that a student sends, and what can be read in it. Blocking; touches no table."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from django.utils.translation import gettext as _
from pypdf import PdfReader

from agents import extract
from agents.attached import pictures
from agents.extract import pdf, plain
from agents.extract.blocks import CannotRead
from agents.models import Attachment
from tutorai.errors import BadRequest, TooBig
from tutorai.lmsdm.schema import Unreadable

PAGES = 30  # of a PDF: more is no question
TEXT = 40_000  # characters that are kept of what could be read
NAME = 120  # characters of a name
PDF = b"%PDF-"
HEAD = 1024  # bytes within which a PDF begins; ISO 32000-1, annex H.3.4.1

Kind = Attachment.Kind


@dataclass(frozen=True)
class Taken:
    """A file as it may be kept."""

    kind: str
    name: str
    mime: str
    data: bytes
    text: str


def read(name: str, data: bytes, language: str = "") -> Taken:
    """Return what is kept of a file. Raises BadRequest, TooBig."""
    called = _name(name)
    if not data:
        raise BadRequest(why=_("the file is empty"))
    if pictures.kind(data):
        return _picture(called, data, language)
    if PDF in data[:HEAD]:
        return _pdf(called, data, language)
    return _text(called, data)


def _name(name: str) -> str:
    told = PurePath(name.replace("\\", "/")).name
    shown = "".join(letter for letter in told if letter.isprintable()).strip()
    return shown[-NAME:] or _("file")


def _picture(name: str, data: bytes, language: str) -> Taken:
    try:
        made = pictures.clean(data)
    except BadRequest as error:
        raise BadRequest(why=_("this picture cannot be read")) from error
    text = ""
    if made.mime != "image/webp":  # which the reader of pictures does not know
        text = _read(made.data, made.mime, "", language)
    return Taken(Kind.PICTURE, name, made.mime, made.data, text)


def _pdf(name: str, data: bytes, language: str) -> Taken:
    try:
        reader = PdfReader(BytesIO(data))
        pages = 0 if reader.is_encrypted and not reader.decrypt("") else len(reader.pages)
    except pdf.DAMAGE as error:
        raise BadRequest(why=_("this PDF is damaged")) from error
    if not pages:
        raise BadRequest(why=_("this PDF is locked with a password, or empty"))
    if pages > PAGES:
        raise TooBig(limit=_("%(n)s pages") % {"n": PAGES})
    return Taken(
        Kind.PDF,
        name,
        "application/pdf",
        data,
        _read(data, "application/pdf", name, language),
    )


def _text(name: str, data: bytes) -> Taken:
    try:
        said = plain.decode(data).replace("\x00", "")
    except CannotRead as error:
        raise BadRequest(
            why=_("a question takes pictures (PNG, JPEG, WebP), PDFs, and files of text or code")
        ) from error
    odd = sum(not (letter.isprintable() or letter in "\n\r\t\f") for letter in said)
    if odd > len(said) // 50:  # bytes of something else
        raise BadRequest(
            why=_("a question takes pictures (PNG, JPEG, WebP), PDFs, and files of text or code")
        )
    return Taken(Kind.CODE, name, "text/plain", said.encode(), said[:TEXT])


def _read(data: bytes, mime: str, name: str, language: str) -> str:
    """Return the words in it; "" where there are none that can be read here."""
    try:
        blocks = extract.read_file(BytesIO(data), mime=mime, name=name, language=language)
    except CannotRead as error:
        if error.reason == Unreadable.BROKEN:
            raise BadRequest(why=_("this file is damaged")) from error
        return ""
    return "\n\n".join(block.text for block in blocks)[:TEXT].replace("\x00", "")
