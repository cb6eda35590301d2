"""The system of record: features as packages, officers' pages, the HTTP API, worker tasks, migrations."""

from flask import Flask


def create_app() -> Flask:
    """The backend's web application; `flask --app backend …` finds it here."""
    from backend.wsgi import build  # the composition root; imported late so that `import backend.x` stays light

    return build()
