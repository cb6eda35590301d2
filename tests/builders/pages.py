"""Reading an HTML page as a browser does: its forms with what is filled in, and its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form of a page; `fields` as a browser would send them, `buttons` by their text."""

    id: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """`forms` by id, `text` without tags."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._form: Form | None = None
        self._select = self._area = ""
        self._button: tuple[str, str] | None = None
        self._said = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag == "form":
            self._form = Form(values.get("id") or "", values.get("action") or "")
            self.forms[self._form.id] = self._form
        elif self._form is not None:
            self._field(tag, values)

    def _field(self, tag, values):
        name, value = values.get("name") or "", values.get("value") or ""
        if tag == "input" and name and values.get("type") not in ("file", "submit"):
            if values.get("type") not in ("radio", "checkbox") or "checked" in values:
                self._form.fields[name] = value
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in values or self._select not in self._form.fields):
            self._form.fields[self._select] = value
        elif tag == "textarea":
            self._area = name
            self._form.fields[name] = ""
        elif tag == "button":
            self._button, self._said = (name, value), ""

    def handle_data(self, data):
        self.text += data
        if self._area and self._form is not None:
            self._form.fields[self._area] += data
        if self._button is not None:
            self._said += data

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "button" and self._form is not None and self._button is not None:
            self._form.buttons[self._said.strip()] = self._button
            self._button = None
