"""SMS as a channel of messaging: rendering, and one sender above the providers that the settings name."""

from backend.logs import logger
from backend.messaging import service
from backend.messaging.channels import (
    Channel,
    Fetched,
    Health,
    Outgoing,
    Rejected,
    Rendered,
    Reply,
    Sent,
    TryLater,
    in_words,
)
from backend.settings import settings
from sms_gateway import health, media, rendering
from sms_gateway.pool import Pool
from sms_gateway.providers.base import OptedOut, Provider, Unclassified
from sms_gateway.providers.console import FILE_NAME, ConsoleProvider
from sms_gateway.rate import TokenBucket
from sms_gateway.settings import sms_settings

log = logger(__name__)

MAX_CHOICES = 6
"""More than these are not readable within two segments."""
TRIES_OF_UNCLASSIFIED = 3


def provider(name: str) -> Provider:
    """The provider of that name, as the settings describe it."""
    if name == "twilio":
        from sms_gateway.providers.twilio import TwilioProvider  # its client takes long to import

        return TwilioProvider(sms_settings())
    if name == "smpp":
        from sms_gateway.providers.smpp import SmppProvider

        return SmppProvider(sms_settings())
    if name == "esms":
        from sms_gateway.providers.esms import EsmsProvider

        return EsmsProvider(sms_settings())
    if settings().environment == "production":
        log.warning("the console is an SMS provider in production: no citizen gets what it takes")
    return ConsoleProvider(settings().data_dir / FILE_NAME)


class SmsChannel(Channel):
    """The number that citizens text. Make one per process: the rate limit is kept in it."""

    name = "sms"
    max_choices = MAX_CHOICES

    def __init__(self, *providers: Provider, bucket: TokenBucket | None = None) -> None:
        chosen = providers or [provider(name) for name in sms_settings().weights]
        self._pool = Pool({each.name: each for each in chosen})
        self._bucket = bucket or TokenBucket(sms_settings().sms_rate_per_second)

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """At most two segments; see `sms_gateway.rendering`."""
        return rendering.render(in_words(reply), [choice.title for choice in reply.choices], accents=accents)

    def send(self, outgoing: Outgoing) -> Sent:
        """Wait for the rate limit, then one try at the providers."""
        if not outgoing.body:
            raise Rejected("nothing to send", "empty")
        too_long = self._bucket.take(sms_settings().sms_rate_wait_seconds)
        if too_long:
            raise TryLater("rate limit", too_long)
        again = outgoing.attempts > 1
        try:
            return self._pool.send(outgoing.address, outgoing.body, _reference(outgoing), again=again)
        except OptedOut:
            service.set_reachable(self.name, outgoing.address, False)
            raise
        except Unclassified as error:
            log.warning("unknown refusal", code=error.code, message=outgoing.id)
            if outgoing.attempts >= TRIES_OF_UNCLASSIFIED:
                raise Rejected(str(error), error.code) from error
            raise TryLater(str(error)) from error

    def find(self, outgoing: Outgoing) -> Sent | None:
        """What an earlier try may have left at a provider."""
        return self._pool.find(outgoing.address, outgoing.body, _reference(outgoing), since=outgoing.queued_at)

    def fetch(self, reference: str) -> Fetched:
        """A picture that came with a message; `reference` is its address at Twilio."""
        return media.fetch(reference)

    def health(self) -> Health:
        """Each provider in a line."""
        return health.of_channel()


def _reference(outgoing: Outgoing) -> str:
    """The same at every try of a message, and of no other one, not even after the database was started afresh."""
    return f"{outgoing.id}-{outgoing.queued_at:%Y%m%d%H%M%S%f}"
