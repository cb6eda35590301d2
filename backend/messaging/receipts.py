"""Providers' reports on our messages, and those that came before we knew which message they mean.

Each function works inside the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import cast

from sqlalchemy import Executable, Table, and_, bindparam, delete, select
from sqlalchemy.orm import Session

from backend import clock
from backend.database import insert_in, update_by_id
from backend.messaging import policy
from backend.messaging.channels import Receipt
from backend.messaging.models import Direction, EarlyReceipt, Message

_messages, _receipts = cast(Table, Message.__table__), cast(Table, EarlyReceipt.__table__)
# Built once, without the ORM, as in `ledger`.
_TAKE_RECEIPTS = (
    delete(_receipts)
    .where(
        _receipts.c.channel == bindparam("channel"),
        _receipts.c.provider_message_id.in_(bindparam("messages", expanding=True)),
    )
    .returning(_receipts.c.provider_message_id, _receipts.c.status, _receipts.c.error_code)
)
_REPORTED = (
    select(_messages.c.id, _messages.c.provider_message_id, _messages.c.status)
    .where(
        _messages.c.channel == bindparam("channel"),
        _messages.c.provider_message_id.in_(bindparam("messages", expanding=True)),
        _messages.c.direction == Direction.OUT,
    )
    .order_by(_messages.c.id)  # all lock in one order
    .with_for_update()
)


def reported(session: Session, channel: str, provider_message_ids: Collection[str]) -> dict[str, tuple[int, str]]:
    """Id and status of our messages by the provider's ids, locked; without those that it does not stand for yet."""
    rows = session.connection().execute(_REPORTED, {"channel": channel, "messages": list(provider_message_ids)})
    return {row.provider_message_id: (row.id, row.status) for row in rows}


def keep_early(session: Session, channel: str, receipts: Sequence[Receipt]) -> None:
    """Keep receipts that came before we knew the providers' ids of the messages; a later one replaces an earlier one.

    At most one of each message.
    """
    connection, now = session.connection(), clock.now()
    rows = [
        {
            "channel": channel,
            "provider_message_id": receipt.provider_message_id[:128],
            "status": receipt.status,
            "error_code": receipt.error_code[:64],
            "at": now,
        }
        for receipt in sorted(receipts, key=lambda receipt: receipt.provider_message_id)  # all lock in one order
    ]
    connection.execute(_keep_receipt(connection.dialect.name), rows)


@lru_cache
def _keep_receipt(dialect: str) -> Executable:
    insert_one = insert_in(dialect, _receipts)
    news = {name: insert_one.excluded[name] for name in ("status", "error_code", "at")}
    built: Executable = insert_one.on_conflict_do_update(index_elements=["channel", "provider_message_id"], set_=news)
    return built


def note(session: Session, receipts: Mapping[int, Receipt]) -> None:
    """Move messages on by what was reported of them, by their id."""
    now = clock.now()
    news = [
        {"id": message_id, "status": receipt.status, "error_code": receipt.error_code[:64], "updated_at": now}
        for message_id, receipt in sorted(receipts.items())
    ]
    update_by_id(session, Message, news)


def take_early(session: Session, channel: str, provider_message_ids: Collection[str]) -> dict[str, Receipt]:
    """The receipts that came too early for these messages, by the provider's id; they are used up."""
    asked = {"channel": channel, "messages": list(provider_message_ids)}
    return {row.provider_message_id: Receipt(*row) for row in session.connection().execute(_TAKE_RECEIPTS, asked)}


def settle_early(session: Session, older_than: datetime) -> None:
    """Use up receipts that were written while their message was, neither seeing the other; drop the old ones."""
    same = and_(
        Message.channel == EarlyReceipt.channel, Message.provider_message_id == EarlyReceipt.provider_message_id
    )
    moved: dict[int, Receipt] = {}
    for early, message in session.execute(select(EarlyReceipt, Message).join(Message, same).with_for_update()):
        if policy.receipt_moves(message.status, early.status):
            moved[message.id] = Receipt(early.provider_message_id, early.status, early.error_code)
        session.delete(early)
    note(session, moved)
    session.execute(delete(EarlyReceipt).where(EarlyReceipt.at < older_than))
