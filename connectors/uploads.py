"""A file that a teacher drops in, as a content item."""

from pathlib import PurePath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from tutorai.errors import BadRequest, TooBig
from tutorai.lmsdm import media
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import ContentItem, Kind, no_nul

SOURCE = "upload"
LONGEST = 200  # characters of a file's name


def record(course: Course, file: "UploadedFile[bytes]") -> ContentItem:
    """Return the item an upload becomes. Its name is its id: the same name replaces it.

    Raises TooBig and BadRequest.
    """
    size = file.size or 0
    if size > settings.UPLOAD_LIMIT:
        raise TooBig(limit=f"{settings.UPLOAD_LIMIT // 1024**2} MB")
    name = no_nul(PurePath((file.name or "").replace("\\", "/")).name).strip()[-LONGEST:]
    if not name or not size:
        raise BadRequest(why=_("the file is empty or has no name"))
    mime = media.readable("", name)
    if not mime:
        raise BadRequest(
            why=_(
                "it is no PDF, Word, PowerPoint, Markdown, text, HTML, Python, CSV, caption, PNG "
                "or JPEG file"
            )
        )
    return ContentItem(
        item_id=f"file:{name}",
        course_id=course.source_id,
        kind=Kind.FILE,
        title=name,
        mime=mime,
        size=size,
    )
