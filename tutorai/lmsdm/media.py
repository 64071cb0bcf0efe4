"""Which files the tutor reads, by media type; and by the name's ending where that tells more."""

from pathlib import PurePath

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
SRT = "application/x-subrip"
ENDINGS = {
    ".csv": "text/csv",
    ".docx": DOCX,
    ".htm": "text/html",
    ".html": "text/html",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".pptx": PPTX,
    ".py": "text/x-python",
    ".srt": SRT,
    ".txt": "text/plain",
    ".vtt": "text/vtt",
}
TYPES = frozenset(ENDINGS.values()) | {"application/xhtml+xml", "text/srt", "text/x-markdown"}


def readable(mime: str, name: str = "") -> str:
    """Return the media type a file is read as; "" when the tutor reads no such files.

    Many an LMS calls every upload application/octet-stream, and Markdown or code plain text.
    """
    told = mime.partition(";")[0].strip().lower()
    ending = ENDINGS.get(PurePath(name).suffix.lower(), "")
    if told in TYPES and not (told == "text/plain" and ending):
        return told
    return "" if told.startswith(("audio/", "image/", "video/")) else ending
