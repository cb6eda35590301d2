"""SMS as a channel of messaging: rendering, and one sender above whichever provider the settings name."""

from backend.logs import logger
from backend.messaging.channels import Channel, Outgoing, Rejected, Rendered, Reply, Sent, TryLater, in_words
from backend.settings import settings
from sms_gateway import rendering
from sms_gateway.providers.base import Provider, Unclassified
from sms_gateway.providers.console import FILE_NAME, ConsoleProvider
from sms_gateway.rate import TokenBucket
from sms_gateway.settings import sms_settings

log = logger(__name__)

MAX_CHOICES = 6
"""More than these are not readable within two segments."""
TRIES_OF_UNCLASSIFIED = 3


def chosen_provider() -> Provider:
    """The provider that `SMS_PROVIDER` names."""
    if sms_settings().sms_provider == "twilio":
        from sms_gateway.providers.twilio import TwilioProvider  # its client takes long to import

        return TwilioProvider(sms_settings())
    if settings().environment == "production":
        log.warning("SMS_PROVIDER=console in production: no citizen gets an answer")
    return ConsoleProvider(settings().data_dir / FILE_NAME)


class SmsChannel(Channel):
    """The number that citizens text. Make one per process: the rate limit is kept in it."""

    name = "sms"
    max_choices = MAX_CHOICES

    def __init__(self, provider: Provider | None = None, bucket: TokenBucket | None = None) -> None:
        self._provider = provider or chosen_provider()
        self._bucket = bucket or TokenBucket(sms_settings().sms_rate_per_second)

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """At most two segments; see `sms_gateway.rendering`."""
        return rendering.render(in_words(reply), [choice.title for choice in reply.choices], accents=accents)

    def send(self, outgoing: Outgoing) -> Sent:
        """Wait for the rate limit, then one try at the provider."""
        if not outgoing.body:
            raise Rejected("nothing to send", "empty")
        too_long = self._bucket.take(sms_settings().sms_rate_wait_seconds)
        if too_long:
            raise TryLater("rate limit", too_long)
        try:
            provider_id = self._provider.try_send(outgoing.address, outgoing.body, _reference(outgoing))
        except Unclassified as error:
            log.warning("unknown refusal", provider=self._provider.name, code=error.code, message=outgoing.id)
            if outgoing.attempts >= TRIES_OF_UNCLASSIFIED:
                raise Rejected(str(error), error.code) from error
            raise TryLater(str(error)) from error
        return Sent(provider_id, self._provider.name)

    def find(self, outgoing: Outgoing) -> Sent | None:
        """What an earlier try may have left at the provider."""
        provider_id = self._provider.find(
            outgoing.address, outgoing.body, _reference(outgoing), since=outgoing.queued_at
        )
        return Sent(provider_id, self._provider.name) if provider_id else None


def _reference(outgoing: Outgoing) -> str:
    """The same at every try of a message, and of no other one, not even after the database was started afresh."""
    return f"{outgoing.id}-{outgoing.queued_at:%Y%m%d%H%M%S%f}"
