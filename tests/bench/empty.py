"""The least a web process can do with a webhook: the baseline."""

from flask import Flask

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def nothing() -> str:
    """200."""
    return "<Response/>"
