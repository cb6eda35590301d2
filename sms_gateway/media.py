"""Pictures that citizens send by MMS, fetched from Twilio."""

from backend.messaging import fetching
from backend.messaging.channels import Fetched, Rejected
from sms_gateway.settings import sms_settings

MOST_BYTES = 5 * 1024 * 1024
"""What Twilio takes at most."""


def fetch(url: str) -> Fetched:
    """The file at an address that a webhook named; the account's key goes to its first host alone, if that is allowed.

    Raises TryLater or Rejected.
    """
    configured = sms_settings()
    account = (configured.twilio_account_sid, configured.twilio_auth_token.get_secret_value())
    if not all(account):
        raise Rejected("no Twilio account to fetch it with", "no_account")
    return Fetched(fetching.download(url, hosts=configured.media_hosts, most_bytes=MOST_BYTES, auth=account))
