"""An address as a QR code: SVG that stands in a page, for our policy lets no data: image in."""

from io import BytesIO

import qrcode  # type: ignore[import-untyped]
from qrcode.image.svg import SvgPathImage  # type: ignore[import-untyped]


def drawn(address: str) -> str:
    """Return the SVG element."""
    image = qrcode.make(address, image_factory=SvgPathImage, border=2)
    written = BytesIO()
    image.save(written)
    text = written.getvalue().decode()
    return text[text.index("<svg") :]
