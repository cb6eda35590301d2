"""Composition root of the SMS gateway's web process: `gunicorn 'sms_gateway.wsgi:build()'`."""

from flask import Flask

from backend import http, logs
from backend.messaging import channels
from sms_gateway import preview, web
from sms_gateway.channel import SmsChannel

MAX_BODY = 64 * 1024


def build() -> Flask:
    """Wire the webhooks into a Flask application."""
    logs.configure("sms")
    app = Flask("sms_gateway", static_folder=None)
    http.install(app, max_body=MAX_BODY)
    channels.register(SmsChannel())
    app.register_blueprint(web.blueprint)
    app.register_blueprint(preview.blueprint)
    return app
