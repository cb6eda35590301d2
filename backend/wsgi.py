"""Composition root of the backend's web process: the only module here that knows every feature."""

from typing import NoReturn

from flask import Flask
from flask_openapi3 import Info, OpenAPI
from pydantic import ValidationError

import backend.citizens.api
import backend.citizens.web
import backend.complaints.answer_texts_web
import backend.complaints.api
import backend.complaints.calls_web
import backend.complaints.cli
import backend.complaints.open311_web
import backend.complaints.public_web
import backend.complaints.publishing_web
import backend.complaints.web
import backend.dossiers.api
import backend.dossiers.cli
import backend.dossiers.lists_web
import backend.dossiers.paper.web
import backend.dossiers.paper_web
import backend.dossiers.payment_web
import backend.dossiers.public
import backend.dossiers.team_web
import backend.dossiers.web
import backend.dossiers.web_care
import backend.dossiers.web_filing
import backend.dossiers.web_papers
import backend.dossiers.workflows_web
import backend.inbox.api
import backend.inbox.public_web
import backend.inbox.teaching_cli
import backend.inbox.teaching_web
import backend.inbox.web
import backend.inbox.web_acts
import backend.inbox.web_desk
import backend.messaging.api
import backend.messaging.sms_web
import backend.messaging.web
import backend.notifications.web
import backend.organisation.admin
import backend.organisation.api
import backend.organisation.calendar_days
import backend.organisation.cli
import backend.organisation.web
import backend.practice.web
import backend.procedures.api
import backend.procedures.cli
import backend.procedures.search
import backend.procedures.web
import backend.ratings.api
import backend.ratings.cli
import backend.ratings.public_web
import backend.ratings.web
import backend.translations.cli
import sms_gateway.cli
from backend import calendar, cli, clock, http, logs
from backend.messaging import channels
from backend.notifications.email import EmailChannel
from backend.settings import settings
from chat_gateway import telegram, zalo
from chat_gateway.web_chat.channel import WebChannel
from sms_gateway.channel import SmsChannel

MAX_BODY = 1024 * 1024
LIBRARY_ENDPOINTS = frozenset(
    {
        "openapi.openapi",
        "openapi.doc_url",
        "openapi.static",
        "swagger.static",
        "swagger.swagger",
        "swagger.oauth2-redirect",
    }
)


def build() -> Flask:
    """Wire features, API, pages and commands into one Flask application."""
    logs.configure("web")
    app = OpenAPI(
        "backend",
        info=Info(title="Một Cửa API", version="1"),
        doc_prefix="/api",
        security_schemes={"internal": {"type": "http", "scheme": "bearer"}},
        validation_error_callback=_refuse,
    )
    app.secret_key = settings().secret_key.get_secret_value()
    http.install(app, max_body=MAX_BODY, public_endpoints=LIBRARY_ENDPOINTS)
    backend.organisation.calendar_days.install()
    channels.register(SmsChannel())
    channels.register(WebChannel())
    channels.register(EmailChannel())
    telegram.register()
    zalo.register()
    for api in (
        backend.citizens.api,
        backend.complaints.api,
        backend.dossiers.api,
        backend.inbox.api,
        backend.messaging.api,
        backend.organisation.api,
        backend.procedures.api,
        backend.ratings.api,
    ):
        app.register_api(api.blueprint)
    for pages in (
        backend.organisation.web,
        backend.organisation.admin,
        backend.citizens.web,
        backend.complaints.web,
        backend.complaints.public_web,
        backend.complaints.open311_web,
        backend.inbox.web,
        backend.inbox.public_web,
        backend.messaging.sms_web,
        backend.inbox.teaching_web,
        backend.messaging.web,
        backend.notifications.web,
        backend.dossiers.workflows_web,
        backend.dossiers.lists_web,
        backend.dossiers.team_web,
        backend.dossiers.web,
        backend.dossiers.payment_web,
        backend.dossiers.public,
        backend.dossiers.paper_web,
        backend.dossiers.paper.web,
        backend.practice.web,
        backend.procedures.web,
        backend.ratings.web,
        backend.ratings.public_web,
    ):
        app.register_blueprint(pages.blueprint)
    for group in (
        cli,
        backend.complaints.cli,
        backend.dossiers.cli,
        backend.inbox.teaching_cli,
        backend.organisation.cli,
        backend.procedures.cli,
        backend.ratings.cli,
        backend.translations.cli,
        sms_gateway.cli,
    ):
        app.cli.add_command(group.commands)
    app.extensions["warm"] = _warm
    return app


def _warm() -> None:
    """What the first question, and the first deadline of a day, would wait a second for."""
    backend.procedures.search.index()
    calendar.is_open(clock.now())


def _refuse(error: ValidationError) -> NoReturn:
    """The library's own answer to a bad request has another shape than ours."""
    raise http.invalid(error)
