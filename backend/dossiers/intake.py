"""Taking a dossier in at the desk: filing, checking its papers and receiving it, or asking for what lacks, at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from backend import clock
from backend.database import reading, transaction
from backend.dossiers import acts, checklist, electronic_file, filing, offers
from backend.dossiers.acts import Actor, Facts
from backend.dossiers.checklist import Checked, Scan
from backend.dossiers.filing import Filed, Filing
from backend.dossiers.models import Dossier
from backend.dossiers.policy import Action
from backend.errors import Forbidden, InvalidInput
from backend.i18n import gettext
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo

RECENT = 8
_RECENTLY = timedelta(days=60)


class Then(StrEnum):
    """What becomes of the dossier once it is written down."""

    RECEIVE = "receive"
    SUPPLEMENT = "request_supplement"
    KEEP = "keep"


@dataclass(frozen=True)
class Intake:
    """A filled-in desk form. Lines, scans and reused files are keyed by the position of the paper in the checklist."""

    filing: Filing
    then: Then
    checked: Checked = field(default_factory=Checked)
    scans: Mapping[int, Sequence[Scan]] = field(default_factory=dict)
    reused: Mapping[int, Sequence[int]] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)


def take_in(intake: Intake, officer: OfficerInfo) -> Filed:
    """File, check and go on as `intake.then` says; nothing is written when one of them is refused.

    Raises Forbidden for whoever is not the desk, NotFound (procedure, agency), InvalidInput with `paper-<position>`
    and the needs of the act as fields. A form sent again gives the dossier that it made.
    """
    key = intake.filing.key
    if key and (known := filing.filed(key)):
        return known
    try:
        return _take_in(intake, officer)
    except IntegrityError:  # the same form at the same moment: the other one has filed it
        known = filing.filed(key)
        if known is None:
            raise
        return known


def _take_in(intake: Intake, officer: OfficerInfo) -> Filed:
    if officer.role != Role.RECEPTIONIST or intake.filing.desk_code != officer.agency_code:
        raise Forbidden(gettext("Chỉ cán bộ một cửa nhận hồ sơ tại quầy của mình."))
    actor = acts.by(officer)
    known = electronic_file.by_phone(intake.filing.applicant_phone, officer) if intake.reused else None
    with transaction() as session:
        filed = filing.file(intake.filing, actor)
        dossier = session.get_one(Dossier, filed.id)
        reusable = {p.paper_file_id: Scan(p.file_id, p.name) for p in known.papers} if known else {}
        _papers(dossier, intake, reusable, actor)
        session.flush()
        if intake.then != Then.KEEP:
            offers.check_appointment(dossier, Action(intake.then), intake.facts)
            acts.act(filed.id, Action(intake.then), actor, intake.facts)
    return filed


def _papers(dossier: Dossier, intake: Intake, reusable: Mapping[int, Scan], actor: Actor) -> None:
    by_position = {paper.position: paper.id for paper in dossier.papers}
    ticks = {by_position[at]: tick for at, tick in intake.checked.ticks.items() if at in by_position}
    scans: dict[int, list[Scan]] = {}
    for at, paper_id in by_position.items():
        again = [reusable[file_id] for file_id in intake.reused.get(at, ()) if file_id in reusable]
        scans[paper_id] = [*intake.scans.get(at, ()), *again]
    try:
        checklist.apply(dossier, Checked(ticks, intake.checked.added))
        checklist.attach(dossier, scans, actor.label)
    except InvalidInput as error:
        positions = {f"paper-{paper_id}": f"paper-{at}" for at, paper_id in by_position.items()}
        fields = [{**entry, "field": positions.get(entry["field"], entry["field"])} for entry in error.fields]
        raise InvalidInput(error.message, fields=fields) from error


def recent(officer: OfficerInfo) -> list[tuple[str, str]]:
    """Code and name of the procedures filed last at the officer's desk."""
    since = clock.now() - _RECENTLY
    query = (
        select(Dossier.procedure_code, func.max(Dossier.procedure_name))
        .where(Dossier.desk_code == officer.agency_code, Dossier.submitted_at > since)
        .group_by(Dossier.procedure_code)
        .order_by(func.max(Dossier.id).desc())
        .limit(RECENT)
    )
    with reading() as session:
        return [(code, name) for code, name in session.execute(query)]
