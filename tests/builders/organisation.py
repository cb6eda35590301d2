"""Agencies, officers and signed-in browsers for tests."""

import re
from datetime import date
from itertools import count

from flask import Flask
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI

from backend import http
from backend.database import transaction
from backend.organisation import api, cli, sign_in, web
from backend.organisation.models import Agency, Level, Role

PASSWORD = "dung-mat-khau-nay"
_numbers = count(1)


def make_agency(
    *,
    code: str = "",
    name: str = "Sở Xây dựng",
    level: Level = Level.DEPARTMENT,
    valid_from: date = date(2017, 1, 1),
    valid_to: date | None = None,
    parent_id: int | None = None,
    unit: str = "",
    address: str | None = None,
    phone: str | None = None,
) -> int:
    """An agency of Đắk Lắk; returns its id."""
    with transaction() as session:
        row = Agency(
            code=code or f"H15.{700 + next(_numbers) % 200}",
            name=name,
            unit=unit,
            level=str(level),
            province="H15",
            parent_id=parent_id,
            valid_from=valid_from,
            valid_to=valid_to,
            address=address,
            phone=phone,
        )
        session.add(row)
        session.flush()
        return row.id


def make_officer(
    *,
    role: Role = Role.SPECIALIST,
    agency_id: int | None = None,
    username: str = "",
    name: str = "Nguyễn Văn An",
    department: str = "",
    password: str | None = PASSWORD,
) -> int:
    """An active officer, in a new agency where none is given; returns its id."""
    return sign_in.add_officer(
        name=name,
        username=username or f"can-bo-{next(_numbers)}",
        password=password,
        agency_id=make_agency() if agency_id is None else agency_id,
        role=role,
        department=department,
    )


def make_app() -> Flask:
    """A web application of this feature alone; add blueprints to it before the first request."""
    app = OpenAPI("backend", doc_prefix="/api")
    app.secret_key = "test"
    http.install(app, max_body=1024 * 1024)
    app.register_api(api.blueprint)
    app.register_blueprint(web.blueprint)
    app.cli.add_command(cli.commands)
    return app


def token_of(page: str) -> str:
    """The CSRF token of the first form of a page."""
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match, "no form with a token"
    return match[1]


def sign_in_with(client: FlaskClient, username: str, password: str = PASSWORD, **form: str):
    """Fill in the sign-in form; returns the response to it."""
    page = client.get("/officers/sign-in").get_data(as_text=True)
    data = {"csrf_token": token_of(page), "username": username, "password": password, **form}
    return client.post("/officers/sign-in", data=data)


def signed_in(app: Flask, officer_id: int) -> FlaskClient:
    """A browser in which this officer has signed in with `PASSWORD`."""
    client = app.test_client()
    response = sign_in_with(client, sign_in.officer(officer_id).username)
    assert response.status_code == 303
    return client
