"""What a provider of SMS implements: trying to send, and finding again what may have been sent.

Limits, timing, retries and giving up live above, in `sms_gateway.channel` and `backend.messaging.delivery`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from backend.messaging.channels import Rejected, SendError


class Unclassified(SendError):
    """A refusal whose `code` we do not know: tried a few times more, then taken for permanent."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.code = code


class OptedOut(Rejected):
    """The recipient told the provider to send nothing more from us."""


class Handing(NamedTuple):
    """What `Provider.try_send` is given."""

    to: str
    body: str
    reference: str


class Provider(ABC):
    """One company that carries our SMS."""

    name: str
    at_once = 1
    """How many messages `try_send_all` is handed at most."""

    @abstractmethod
    def try_send(self, to: str, body: str, reference: str) -> str:
        """Hand over one message to `to` (E.164); the provider's id of it. `reference` is the same at every try.

        Raises TryLater when it certainly was not taken, Undecided when it may have been, Rejected (or OptedOut) when it
        never will be, Unclassified when the provider's reason means nothing to us.
        """

    def try_send_all(self, messages: Sequence[Handing]) -> list[str | Exception]:
        """Hand over several; for each what `try_send` gives or raises."""
        return [self._tried(message) for message in messages]

    def _tried(self, message: Handing) -> str | Exception:
        try:
            return self.try_send(*message)
        except Exception as error:
            return error

    def find(self, to: str, body: str, reference: str, since: datetime) -> str | None:
        """The id of this message, queued at `since`, if an earlier try was taken; None when it was not or nobody knows.

        Raises nothing but Undecided: any other error would let the message be sent again without an answer to this.
        """
        return None
