"""SMS as a channel of messaging: rendering, and one sender above the providers that the settings name."""

from collections.abc import Sequence
from dataclasses import replace

from backend.logs import logger
from backend.messaging import service
from backend.messaging.channels import (
    Channel,
    Extras,
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
from sms_gateway.providers.base import Handing, OptedOut, Provider, Unclassified
from sms_gateway.providers.console import FILE_NAME, ConsoleProvider
from sms_gateway.rate import TokenBucket
from sms_gateway.settings import sms_settings

log = logger(__name__)

MAX_CHOICES = 6
"""More than these are not readable within two segments."""
TRIES_OF_UNCLASSIFIED = 3
_AT_ONCE_SECONDS = 0.1


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
        self._most_at_once = max(1, int(sms_settings().sms_rate_per_second * _AT_ONCE_SECONDS))

    @property
    def at_once(self) -> int:
        """As many as the providers take, and as the rate lets through in a tenth of a second."""
        return min(self._pool.at_once, self._most_at_once)

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """At most two segments; see `sms_gateway.rendering`. Files stay at home, behind a link of the text."""
        rendered = rendering.render(in_words(reply), [choice.title for choice in reply.choices], accents=accents)
        return replace(rendered, extras=Extras(files=reply.files))

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
        except Exception as error:
            understood = self._understood(outgoing, error)
            if understood is error:
                raise
            raise understood from error

    def send_all(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent | Exception]:
        """Wait for the rate limit once, then one try for all at one provider."""
        if not all(each.body for each in outgoing):
            return super().send_all(outgoing)
        too_long = self._bucket.take(sms_settings().sms_rate_wait_seconds, len(outgoing))
        if too_long:
            return [TryLater("rate limit", too_long) for _ in outgoing]
        results = self._pool.send_all([Handing(each.address, each.body, _reference(each)) for each in outgoing])
        return [
            self._understood(each, result) if isinstance(result, Exception) else result
            for each, result in zip(outgoing, results, strict=True)
        ]

    def _understood(self, outgoing: Outgoing, error: Exception) -> Exception:
        """A provider's refusal as delivery knows it."""
        if isinstance(error, OptedOut):
            service.set_reachable(self.name, outgoing.address, False)
        if not isinstance(error, Unclassified):
            return error
        log.warning("unknown refusal", code=error.code, message=outgoing.id)
        if outgoing.attempts >= TRIES_OF_UNCLASSIFIED:
            return Rejected(str(error), error.code)
        return TryLater(str(error))

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
