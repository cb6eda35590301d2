"""Twilio's signature of a webhook, over the public URL and every field exactly as it was sent.

The raw body is parsed here and nowhere else: frameworks drop blank fields or trim values, and the check then fails
for genuine messages (Twilio's own list of causes). Parsed fields keep their blanks and their repetitions.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from twilio.request_validator import SIGNATURE_HEADER, SIGNATURE_SETTINGS_HEADER, RequestValidator
from twilio.request_validator import get_signature_algorithm as algorithm_of

__all__ = ["SIGNATURE_HEADER", "SIGNATURE_SETTINGS_HEADER", "Form", "is_signed", "parsed", "sign"]

_MOST_FIELDS = 500


class Form(dict[str, list[str]]):
    """The fields of a webhook with all their values, in the form Twilio's validator asks for."""

    def getlist(self, name: str) -> list[str]:
        """Every value of a field."""
        return self[name]

    def first(self, name: str) -> str:
        """The first value of a field, '' where it is missing."""
        return self.get(name, [""])[0]


def parsed(raw: bytes) -> Form:
    """The fields of a form body. Raises ValueError for bytes that are not UTF-8 and for far too many fields."""
    form = Form()
    pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def is_signed(tokens: Iterable[str], url: str, form: Form, signature: str, settings_header: str = "") -> bool:
    """Whether one of `tokens` made `signature` for this form at `url`, with or without the port."""
    algorithm = algorithm_of(settings_header)
    return any(RequestValidator(token).validate(url, form, signature, algorithm=algorithm) for token in tokens)


def sign(token: str, url: str, fields: Mapping[str, str]) -> str:
    """The signature that Twilio would send, for the simulator and for tests."""
    return str(RequestValidator(token).compute_signature(url, dict(fields)))
