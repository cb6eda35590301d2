"""What a payment provider does for us. Implementations only try; what a payment means is decided in `payments`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    """A fee to be paid. `reference` is ours and unique; `amount` in đồng; `back_url` is where the payer returns to."""

    reference: str
    amount: int
    text: str
    back_url: str = ""


@dataclass(frozen=True)
class Paid:
    """The provider has the money. `provider_reference` is its own, unique for each payment made."""

    reference: str
    amount: int
    provider_reference: str


@dataclass(frozen=True)
class Failed:
    """The payer gave up, or the bank refused."""

    reference: str


class PaymentProvider(ABC):
    """One way to pay online."""

    name: str

    @property
    @abstractmethod
    def origin(self) -> str:
        """Scheme and host of its pages, for our pages' security policy."""

    @abstractmethod
    def start(self, order: Order) -> str:
        """The address to which the payer is sent. Raises Unavailable."""

    @abstractmethod
    def verify(self, body: bytes, headers: Mapping[str, str]) -> Paid | Failed:
        """What a callback says, once its signature over the raw bytes is right.

        Raises Forbidden for a wrong or old signature, InvalidInput for a signed body that cannot be understood.
        """

    @abstractmethod
    def refund(self, paid: Paid) -> None:
        """Give the money back; asked again about the same payment it does nothing. Raises Unavailable."""
