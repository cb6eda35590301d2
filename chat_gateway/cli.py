"""`flask --app chat_gateway.cli …`: the commands of the chat channels."""

from flask import Flask

from chat_gateway.telegram import cli as telegram
from chat_gateway.wsgi import build


def create_app() -> Flask:
    """The chat gateway with its commands."""
    app = build()
    app.cli.add_command(telegram.commands)
    return app
