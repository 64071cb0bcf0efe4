"""Credentials, and addresses of people that the reader does not know already. Pure."""

import re
from collections.abc import Collection
from itertools import chain

_CREDENTIAL = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"
    r"|\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bsk_(?:live|test)_\w{10,}|\bAKIA[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\bhf_[A-Za-z0-9]{20,}"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}|\b[Bb]earer\s+[A-Za-z0-9._~+/-]{20,}"
    r"|\b[a-z][a-z0-9+]{1,12}://[^\s:/@]{1,64}:[^\s:/@]{3,64}@"
)
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?<![\w+.,-])(?:\+|00)\d(?:[ ()/-]{0,2}\d){8,13}(?![\w.])")
_CARD = re.compile(r"(?<![\d.,])(?:\d[ -]?){12,18}\d(?![\d.,])")


class Private:
    """What may be repeated is what stands in `known` texts; more may be added meanwhile."""

    def __init__(self, *known: Collection[str]) -> None:
        self._known = known

    def find(self, raw: str) -> str:
        """Return why a text must not go on, or nothing."""
        if _CREDENTIAL.search(raw):
            return "credential"
        if any(_luhn(one[0]) for one in _CARD.finditer(raw)):
            return "personal"
        told = {_bare(one) for one in addresses(raw)}
        return "personal" if told and not told <= self._read() else ""

    def _read(self) -> set[str]:
        texts = chain.from_iterable(self._known)
        return {_bare(one) for text in texts for one in addresses(text)}


def addresses(text: str) -> list[str]:
    """Return the e-mail addresses and telephone numbers in a text, as they stand there."""
    return [*_MAIL.findall(text), *_PHONE.findall(text)]


def _bare(address: str) -> str:
    return re.sub(r"[\s().-]", "", address).casefold()


def _luhn(text: str) -> bool:
    """Whether digits are those of a card: their check digit is right, and they begin like one."""
    digits = [int(one) for one in text if one.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (3, 4, 5, 6) or len(set(digits)) < 4:
        return False
    doubled = [sum(divmod(2 * one, 10)) for one in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
