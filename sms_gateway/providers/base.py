"""What a provider of SMS implements: trying to send, and finding again what may have been sent.

Limits, timing, retries and giving up live above, in `sms_gateway.channel` and `backend.messaging.delivery`.
"""

from abc import ABC, abstractmethod
from datetime import datetime

from backend.messaging.channels import Rejected, SendError


class Unclassified(SendError):
    """A refusal whose `code` we do not know: tried a few times more, then taken for permanent."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.code = code


class OptedOut(Rejected):
    """The recipient told the provider to send nothing more from us."""


class Provider(ABC):
    """One company that carries our SMS."""

    name: str

    @abstractmethod
    def try_send(self, to: str, body: str, reference: str) -> str:
        """Hand over one message to `to` (E.164); the provider's id of it. `reference` is the same at every try.

        Raises TryLater when it certainly was not taken, Undecided when it may have been, Rejected (or OptedOut) when it
        never will be, Unclassified when the provider's reason means nothing to us.
        """

    def find(self, to: str, body: str, reference: str, since: datetime) -> str | None:
        """The id of this message, queued at `since`, if an earlier try was taken; None when it was not or nobody knows.

        Raises nothing but Undecided: any other error would let the message be sent again without an answer to this.
        """
        return None
