"""Several providers behind one `try_send`: who is tried, in which order, and who is asked afterwards.

A message whose try ended without an answer stays with its provider, which alone can tell, or at least knows its
reference; one that was certainly not taken goes to the next provider at once.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from backend import clock
from backend.database import insert_for, reading, transaction
from backend.logs import logger
from backend.messaging.channels import SendError, Sent, TryLater, Undecided
from sms_gateway import standing
from sms_gateway.models import SmsChoice
from sms_gateway.providers.base import Handing, Provider, Unclassified
from sms_gateway.segments import count
from sms_gateway.settings import sms_settings

log = logger(__name__)

FAITHFUL = timedelta(minutes=10)
"""How long an unanswered message waits for the provider that may have it, before another one is tried."""
_ALL_DRAINED_SECONDS = 60.0


class Pool:
    """The providers of a process by name."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers
        self._standings = standing.Cached()

    @property
    def names(self) -> list[str]:
        """All of them."""
        return list(self._providers)

    @property
    def at_once(self) -> int:
        """How many messages may be handed over together: none waits for a provider that takes them one by one."""
        return min(provider.at_once for provider in self._providers.values())

    def send_all(self, messages: Sequence[Handing]) -> list[Sent | Exception]:
        """Messages that were not tried before, all to one provider; what it did not take goes to the others by itself.

        For each what `send` gives or raises.
        """
        order = self._order("", again=False)
        if not order:
            return [_all_drained() for _ in messages]
        first, *others = order
        if self._several:
            _choose([message.reference for message in messages], first)
        results = self._providers[first].try_send_all(messages)
        return [self._settled(first, others, *pair) for pair in zip(messages, results, strict=True)]

    def _settled(self, name: str, others: Sequence[str], message: Handing, result: str | Exception) -> Sent | Exception:
        if not isinstance(result, Exception):
            return Sent(result, name, cost(name, message.body))
        try:
            with self._blamed(name, message.reference):
                raise result
        except TryLater as error:
            try:
                return self._through(others, message, error)
            except SendError as final:
                return final
        except Exception as error:
            return error

    def send(self, to: str, body: str, reference: str, *, again: bool) -> Sent:
        """One message through the first provider that takes it; `again`: it may have been tried before.

        Raises what `Provider.try_send` does: TryLater when none of them took it.
        """
        return self._through(self._order(reference, again=again), Handing(to, body, reference))

    def _through(self, names: Sequence[str], message: Handing, passing: TryLater | None = None) -> Sent:
        for name in names:
            try:
                if self._several:
                    _choose([message.reference], name)
                with self._blamed(name, message.reference):
                    provider_id = self._providers[name].try_send(*message)
            except TryLater as error:
                log.warning("provider did not take a message", provider=name, reason=str(error))
                passing = passing or error
                continue
            return Sent(provider_id, name, cost(name, message.body))
        raise passing or _all_drained()

    def find(self, to: str, body: str, reference: str, since: datetime) -> Sent | None:
        """What an earlier try may have left, at the provider it went to, or at any where that is not known."""
        chosen = _choice(reference) if self._several else None
        for name in [chosen[0]] if chosen and chosen[0] in self._providers else self._providers:
            provider_id = self._providers[name].find(to, body, reference, since)
            if provider_id:
                return Sent(provider_id, name, cost(name, body))
        return None

    @property
    def _several(self) -> bool:
        return len(self._providers) > 1

    def _order(self, reference: str, *, again: bool) -> list[str]:
        if not self._several:
            draining = {each.name for each in self._standings.now() if each.draining}
            return [name for name in self._providers if name not in draining]
        if again and (chosen := _choice(reference)) is not None:
            name, at = chosen
            if name in self._providers and clock.now() - at < FAITHFUL:
                return [name]
        open_ones = {each.name: each.takes for each in self._standings.now() if not each.draining}
        open_ones = {name: weight for name, weight in open_ones.items() if name in self._providers}
        if not open_ones:
            return []
        weights = list(open_ones.values()) if any(open_ones.values()) else [1] * len(open_ones)
        first = random.choices(list(open_ones), weights)[0]  # noqa: S311 - shares, not secrets
        others = sorted((name for name in open_ones if name != first), key=lambda name: -open_ones[name])
        return [first, *others]

    @contextmanager
    def _blamed(self, name: str, reference: str) -> Iterator[None]:
        """The choice, written down before the try, is forgotten when the provider has certainly not taken it."""
        try:
            yield
        except (TryLater, Undecided, Unclassified) as error:
            standing.note_error(name)
            if self._several and not isinstance(error, Undecided):
                _forget(reference)
            raise
        except SendError:  # about the message, not about the provider
            raise


def _all_drained() -> TryLater:
    return TryLater("every provider is being drained", _ALL_DRAINED_SECONDS)


def cost(name: str, body: str) -> int | None:
    """What a message costs with a provider, in đồng; None where its price is not known."""
    price = sms_settings().costs.get(name)
    return None if price is None else price * count(body).segments


def _choice(reference: str) -> tuple[str, datetime] | None:
    with reading() as session:
        row = session.execute(
            select(SmsChoice.provider, SmsChoice.at).where(SmsChoice.reference == reference)
        ).one_or_none()
    return (row[0], row[1]) if row else None


def _choose(references: Sequence[str], provider: str) -> None:
    """The moment is that of the first try with this provider: faithfulness ends some time."""
    now = clock.now()
    with transaction() as session:
        made = insert_for(session, SmsChoice)
        other = made.on_conflict_do_update(
            index_elements=["reference"],
            set_={"provider": made.excluded.provider, "at": made.excluded.at},
            where=SmsChoice.provider != provider,
        )
        rows = [{"reference": reference, "provider": provider, "at": now} for reference in references]
        session.connection().execute(other, rows)


def _forget(reference: str) -> None:
    with transaction() as session:
        session.execute(delete(SmsChoice).where(SmsChoice.reference == reference))
