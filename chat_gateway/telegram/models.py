"""Presses of buttons that Telegram still waits to hear of."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base


class TelegramPress(Base):
    """A callback query until it is answered: the citizen's button shows that it works until then."""

    __tablename__ = "telegram_press"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    text: Mapped[str] = mapped_column(String(200))
    """Shown above the chat, "" for nothing."""
    at: Mapped[datetime] = mapped_column(index=True)
