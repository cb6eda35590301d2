"""Composition root of the chat gateway: the web chat's page and API, the webhooks of the other chat channels."""

from flask import Flask

from backend import http, logs
from backend.messaging import channels
from backend.settings import settings
from chat_gateway import telegram, zalo
from chat_gateway.telegram import web as telegram_web
from chat_gateway.web_chat import web
from chat_gateway.web_chat.channel import WebChannel
from chat_gateway.zalo import web as zalo_web

MAX_BODY = 64 * 1024
BLUEPRINTS = (web.blueprint, telegram_web.blueprint, zalo_web.blueprint)


def build() -> Flask:
    """Wire channels and blueprints into one Flask application."""
    logs.configure("chat")
    channels.register(WebChannel())
    telegram.register()
    zalo.register()
    app = Flask("chat_gateway", static_folder=None)
    app.secret_key = settings().secret_key.get_secret_value()
    http.install(app, max_body=MAX_BODY)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
