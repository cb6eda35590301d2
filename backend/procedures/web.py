"""What administrators download to bring procedures in."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Blueprint, Response, send_file

from backend import filetypes, http
from backend.errors import NotFound
from backend.organisation.access import role_required
from backend.organisation.models import Role
from backend.procedures.readers import spreadsheet

blueprint = Blueprint("procedures_files", __name__, url_prefix="/officers/admin")
ENDINGS = {"xlsx": filetypes.XLSX, "csv": "text/csv; charset=utf-8"}


@blueprint.get("/procedures-template.<ending>")
@role_required(Role.ADMINISTRATOR)
def template(ending: str) -> Response:
    """The empty spreadsheet that `procedures import` takes once it is filled in: `.xlsx` or `.csv`."""
    if ending not in ENDINGS:
        raise NotFound
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"template.{ending}"
        spreadsheet.write_template(path)
        response = send_file(BytesIO(path.read_bytes()), ENDINGS[ending])
    http.name_file(response, f"Mẫu thủ tục.{ending}")
    return response
