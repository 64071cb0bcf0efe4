"""How platforms take the links that deep linking places: the words of `LINKS`. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """One platform's way with an `ltiResourceLink`."""

    # Named by our address, a link belongs to whichever tool of that platform has the address;
    # without one, to the very tool that was asked.
    address: bool = True
    html: bool = False  # takes the text of a link that comes alone for HTML
    sizes: bool = True  # heeds the size of a frame
    dates: bool = True  # heeds when a link opens and when its work is due
    reviews: bool = True  # opens a student's work by LtiSubmissionReviewRequest
