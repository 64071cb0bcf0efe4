"""Small PDF, DOCX and text files out of Markdown, so that the world needs no binary files."""

from __future__ import annotations

from pathlib import PurePath

from connectors.sandbox.documents.blocks import blocks_of
from connectors.sandbox.documents.docx import docx
from connectors.sandbox.documents.pdf import pdf

CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".txt": "text/plain",
}


def write(name: str, markdown: str) -> bytes:
    """Return the document that `name`'s ending asks for, with the text of `markdown`."""
    ending = PurePath(name).suffix
    if ending == ".pdf":
        return pdf(blocks_of(markdown))
    return docx(blocks_of(markdown)) if ending == ".docx" else markdown.encode()
