"""The web chat as a channel of messaging: the page reads the ledger itself, so there is nothing to hand over."""

from backend.messaging.channels import Channel, Extras, Outgoing, Rendered, Reply, Sent, in_words


class WebChannel(Channel):
    """Choices are shown as buttons, so the text stays as it is."""

    name = "web"
    max_choices = 10

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """The text itself."""
        return Rendered(body=in_words(reply), extras=Extras(ask=reply.ask, files=reply.files))

    def send(self, outgoing: Outgoing) -> Sent:
        """At once "sent": the row is what the page shows."""
        return Sent(provider_message_id=str(outgoing.id), provider="web")

    def find(self, outgoing: Outgoing) -> Sent | None:
        """The row is there, so it was taken."""
        return self.send(outgoing)
