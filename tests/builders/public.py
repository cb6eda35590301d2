"""A citizen's browser on the public pages, and the files they send."""

import io
import re

from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from backend.dossiers import public
from backend.dossiers.models import Dossier
from tests.builders.dossiers import dossier_id, get, make_crew, make_procedure


def picture(colour: str = "red") -> bytes:
    """A small photo."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return out.getvalue()


def upload(data: bytes | None = None, name: str = "anh.jpg") -> tuple[io.BytesIO, str]:
    """A file field of a form."""
    return io.BytesIO(picture() if data is None else data), name


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def wrong(page: str) -> list[str]:
    """The messages beside the fields."""
    return re.findall(r'class="wrong"[^>]*>([^<]*)<', page)


def dossier(code: str) -> Dossier:
    """The row of a dossier."""
    return get(dossier_id(code))


class Citizen:
    """Opens forms, fills them in, sends them."""

    def __init__(self, app: Flask, **procedure: object) -> None:
        for throttle in (public.READING, public.WRITING, public.GUESSING):
            throttle.forget()
        self.client = app.test_client()
        make_crew()
        self.procedure = make_procedure(**({"service_level": 4} | procedure))
        self.fields: dict[str, str] = {}

    def opens(self, query: str = "") -> str:
        """The empty form."""
        page = self.client.get(f"/nop/{self.procedure}{query}").get_data(as_text=True)
        self._carry(page)
        return page

    def _carry(self, page: str) -> None:
        self.fields |= {name: hidden(page, name) for name in ("csrf_token", "token", "kept", "proof")}

    def files(self, **changes: object) -> TestResponse:
        """Send a complete form with other values; None leaves a field out."""
        if not self.fields:
            self.opens()
        right: dict[str, object] = {
            "place": "phường Tân Lợi", "name": "Trần Thị Mai", "phone": "0900 000 001", "address": "1 Lê Duẩn",
            "return_by": "desk", "consent": "yes", "paper-1": upload(), "paper-2": upload(), "paper-3": upload(),
        }  # fmt: skip
        sent = {name: value for name, value in (self.fields | right | changes).items() if value is not None}
        response = self.client.post(f"/nop/{self.procedure}", data=sent)
        if response.status_code == 422:
            self._carry(response.get_data(as_text=True))
        return response

    def key(self, response: TestResponse) -> str:
        """The key of the dossier that a form made."""
        assert response.status_code == 303, wrong(response.get_data(as_text=True))
        return response.headers["Location"].split("/")[2]

    def sees(self, key: str, path: str = "") -> str:
        """A page of the dossier."""
        response = self.client.get(f"/hs/{key}{path}")
        assert response.status_code == 200
        return response.get_data(as_text=True)

    def does(self, key: str, path: str, **form: object) -> TestResponse:
        """Send a form of the dossier's page."""
        token = hidden(self.sees(key), "csrf_token")
        return self.client.post(f"/hs/{key}{path}", data={"csrf_token": token, **form})
