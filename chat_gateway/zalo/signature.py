"""The mac of Zalo's webhooks: plain SHA-256 over id, raw body, timestamp and secret; not an HMAC."""

import hashlib
import hmac

HEADER = "X-ZEvent-Signature"


def mac(mac_id: str, raw: bytes, timestamp: str, secret: str) -> str:
    """64 hexadecimal characters. `raw` is the body as received, `timestamp` the one that stands in it."""
    return hashlib.sha256(mac_id.encode() + raw + timestamp.encode() + secret.encode()).hexdigest()


def is_right(header: str, mac_id: str, raw: bytes, timestamp: str, secret: str) -> bool:
    """Whether the header, with or without `mac=` before it, is the mac of this body; an empty secret has none."""
    given = header.strip().removeprefix("mac=").lower()
    if not secret or not given.isascii():
        return False
    return hmac.compare_digest(given, mac(mac_id, raw, timestamp, secret))
