"""Composition root of the SMS gateway's web process: `gunicorn 'sms_gateway.wsgi:build()'`."""

from flask import Flask

from backend import http, logs
from backend.messaging import channels
from sms_gateway import esms_web, preview, providers_api, web
from sms_gateway.channel import SmsChannel

MAX_BODY = 64 * 1024


def build() -> Flask:
    """Wire the webhooks into a Flask application."""
    logs.configure("sms")
    app = Flask("sms_gateway", static_folder=None)
    http.install(app, max_body=MAX_BODY)
    channels.register(SmsChannel())
    for routes in (web, esms_web, preview, providers_api):
        app.register_blueprint(routes.blueprint)
    return app
