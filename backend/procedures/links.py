"""Pages that go on from an answer: filing online here, and the national portal's own page with the forms."""

from backend.messaging.channels import Link
from backend.procedures.schemas import Aspect, ProcedureOut
from backend.settings import settings

FILED_FROM: frozenset[Aspect] = frozenset({"overview", "documents", "place", "online", "steps"})
"""After these a citizen may be about to file; a fee or a time is asked long before."""


def of(procedure: ProcedureOut, aspect: Aspect) -> tuple[Link, ...]:
    """What to open after an answer about `aspect`, the most useful first."""
    links = [Link("Nộp hồ sơ qua mạng", form_page(procedure.code))]
    links = links if aspect in FILED_FROM and takes_online(procedure) else []
    if aspect == "form" and procedure.url:
        links.append(Link("Trang tải mẫu", procedure.url))
    return tuple(links)


def takes_online(procedure: ProcedureOut) -> bool:
    """Whether the procedure can be filed online: by its service level, by today's law, or by its ways to file."""
    by_level = (procedure.service_level or 0) >= 3 or procedure.online in ("full", "partial")
    return by_level or any(method.channel == "online" for method in procedure.methods)


def form_page(code: str) -> str:
    """Where the procedure is filed online."""
    return f"{settings().public_url.rstrip('/')}/nop/{code}"
