"""`flask --app chat_gateway.cli …`: the commands of the chat channels."""

from flask import Flask

from chat_gateway.telegram import cli as telegram
from chat_gateway.wsgi import build
from chat_gateway.zalo import cli as zalo


def create_app() -> Flask:
    """The chat gateway with its commands."""
    app = build()
    app.cli.add_command(telegram.commands)
    app.cli.add_command(zalo.commands)
    return app
