"""Buttons. Zalo sends a pressed one as an ordinary text, so its payload begins with what nobody can guess."""

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from backend.messaging.channels import Link, Offered
from backend.settings import settings

MOST_BUTTONS = 5
LONGEST_TITLE = 100


@lru_cache
def _prefix(key: str) -> str:
    digest = hmac.new(key.encode(), b"zalo-buttons", hashlib.sha256).hexdigest()
    return f"#mc-{digest[:20]}:"


def prefix() -> str:
    """Before the opaque token in every payload; the same in all our processes, derived from `SECRET_KEY`."""
    return _prefix(settings().secret_key.get_secret_value())


def token_in(text: str) -> str | None:
    """The token that a text brings when it is a button's payload, None when somebody has written it."""
    return text.removeprefix(prefix()).strip() if text.startswith(prefix()) else None


def buttons(offered: Sequence[Offered], links: Sequence[Link]) -> list[dict[str, Any]]:
    """At most five: choices first, then links."""
    made: list[dict[str, Any]] = [
        {"title": title_of(one.title), "type": "oa.query.hide", "payload": prefix() + one.token} for one in offered
    ]
    made += [{"title": title_of(link.title), "type": "oa.open.url", "payload": {"url": link.url}} for link in links]
    return made[:MOST_BUTTONS]


def title_of(text: str) -> str:
    """A title that fits on a button."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1].rstrip() + "…"
