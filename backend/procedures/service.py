"""What other features, the API and the commands ask of the catalogue."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from backend import clock
from backend.database import reading
from backend.errors import NotFound
from backend.messaging import service as messaging
from backend.messaging.channels import Link
from backend.procedures import links, versions, wording
from backend.procedures import search as searching
from backend.procedures.index import Found
from backend.procedures.links import takes_online as takes_online
from backend.procedures.models import Procedure, ProcedureVersion, Source
from backend.procedures.schemas import Aspect
from backend.procedures.schemas import ProcedureOut as ProcedureOut


@dataclass(frozen=True)
class Answer:
    """An answer ready to be said, with where it comes from."""

    text: str
    code: str
    name: str
    short_name: str
    aspect: Aspect
    effective_from: date
    source: Source
    links: tuple[Link, ...] = ()


def current_version(code: str, on: date | None = None) -> ProcedureOut:
    """The procedure as it is in force on a day (default: today). Raises NotFound."""
    with reading() as session:
        found = versions.remembered(session, code.strip(), on or clock.today())
    if found is None:
        raise NotFound("Không có thủ tục này.")
    return found


def current_codes(on: date | None = None) -> list[str]:
    """The codes of all procedures in force on a day (default: today), in order."""
    query = select(Procedure.code).join(ProcedureVersion).where(versions.in_force(on or clock.today())).distinct()
    with reading() as session:
        return list(session.scalars(query.order_by(Procedure.code)))


def fields(on: date | None = None) -> list[str]:
    """The fields ("Hộ tịch") of the procedures in force on a day (default: today), by name."""
    named = versions.in_force(on or clock.today()), ProcedureVersion.field != ""
    with reading() as session:
        return sorted(session.scalars(select(ProcedureVersion.field).where(*named).distinct()))


def short_name(code: str) -> str:
    """A name that fits on a phone. Raises NotFound."""
    return current_version(code).short_name


def search(text: str, *, limit: int = 5, level: str | None = None, agency: str = "") -> Found:
    """The procedures that a citizen's words may mean; see `search.search`."""
    return searching.search(text, limit=limit, level=level, agency=agency)


def named_in(text: str) -> str | None:
    """The code of the one procedure that a text calls by name, None for none and for several."""
    named = searching.index().named_in(text)
    return named.code if named else None


def answer(code: str, aspect: Aspect = "overview", *, with_source: bool = True) -> Answer:
    """What to tell a citizen about one aspect of a procedure. Raises NotFound."""
    found = current_version(code)
    return Answer(
        text=wording.compose(found, aspect, with_source=with_source),
        code=found.code,
        name=found.name,
        short_name=found.short_name,
        aspect=aspect,
        effective_from=found.effective_from,
        source=found.source,
        links=links.of(found, aspect),
    )


def answer_in_conversation(conversation_id: int, code: str, aspect: Aspect = "overview") -> Answer:
    """`answer`, and the procedure becomes what the conversation is about. Raises NotFound for either.

    The source is told once, with the first answer about a procedure: on a phone its line is a third of a short answer.
    """
    is_new = messaging.current_procedure(conversation_id) != code.strip()
    told = answer(code, aspect, with_source=is_new)
    if is_new:  # only now the write lock: composing takes longer than a webhook should wait for it
        messaging.remember_procedure(conversation_id, told.code)
    return told
