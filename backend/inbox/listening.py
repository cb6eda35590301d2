"""What the inbox hears of conversations."""

from backend.inbox import service
from backend.messaging import events

events.when_left_to_officer(service.heard)
