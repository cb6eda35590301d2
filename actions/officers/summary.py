"""One line for the officer who takes over: what the citizen wrote and what we understood of it."""

from actions.text import clipped
from actions.turn import Turn

LAST_MESSAGES = 3
LIMIT = 400


def summary(turn: Turn) -> str:
    """The procedure spoken of and the citizen's last words, on one line."""
    parts = []
    if turn.memory.procedure_name:
        parts.append(f"Thủ tục đang hỏi: {turn.memory.procedure_name}.")
    quoted = " · ".join(f"“{clipped(text, 120)}”" for text in turn.heard[-LAST_MESSAGES:])
    parts.append(f"Công dân nhắn: {quoted}" if quoted else "Công dân bấm nút gặp cán bộ.")
    return clipped(" ".join(parts), LIMIT)
