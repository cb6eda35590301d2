"""The web chat as a channel of messaging: the page reads the ledger itself, so there is nothing to hand over."""

from backend.messaging.channels import Channel, Extras, Outgoing, Rendered, Reply, Sent
from backend.storage import StoredInfo


class WebChannel(Channel):
    """The page has a form of its own for all that a reply may hold, so the text stays as it is."""

    name = "web"
    max_choices = 10

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """The text itself."""
        return Rendered(reply.text, extras=Extras(reply.links, reply.ask, reply.files, card=reply.card))

    def send(self, outgoing: Outgoing) -> Sent:
        """At once "sent": the row is what the page shows."""
        return Sent(provider_message_id=str(outgoing.id), provider="web")

    def carries(self, file: StoredInfo) -> bool:
        """Any: the page shows or saves it."""
        return True

    def find(self, outgoing: Outgoing) -> Sent | None:
        """The row is there, so it was taken."""
        return self.send(outgoing)
