"""What other features hear of conversations. They register at import; messaging knows none of them."""

from collections.abc import Callable

Listener = Callable[[int], None]

_listeners: list[Listener] = []


def when_left_to_officer(listener: Listener) -> Listener:
    """Register who is told the id of a conversation that holds something new for its officer.

    Called in the transaction of the turn, which has locked the conversation.
    """
    _listeners.append(listener)
    return listener


def left_to_officer(conversation_id: int) -> None:
    """Tell them."""
    for listener in _listeners:
        listener(conversation_id)
