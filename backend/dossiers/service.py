"""The door of this feature for others: filing, acting, asking. The use cases live in the modules named here."""

from sqlalchemy import func, select

from backend.database import reading
from backend.dossiers.acts import APPLICANT as APPLICANT
from backend.dossiers.acts import SYSTEM as SYSTEM
from backend.dossiers.acts import Actor as Actor
from backend.dossiers.acts import Done as Done
from backend.dossiers.acts import Facts as Facts
from backend.dossiers.acts import act as act
from backend.dossiers.acts import by as by
from backend.dossiers.acts import undo as undo
from backend.dossiers.agenda import Agenda as Agenda
from backend.dossiers.agenda import agenda as agenda
from backend.dossiers.filing import Filed as Filed
from backend.dossiers.filing import Filing as Filing
from backend.dossiers.filing import file as file
from backend.dossiers.handled import Handled as Handled
from backend.dossiers.handled import handled as handled
from backend.dossiers.handled import handled_by_key as handled_by_key
from backend.dossiers.handled import returned_between as returned_between
from backend.dossiers.lookup import Lookup as Lookup
from backend.dossiers.lookup import Summary as Summary
from backend.dossiers.lookup import look_up as look_up
from backend.dossiers.lookup import returned_to as returned_to
from backend.dossiers.models import Dossier
from backend.dossiers.policy import Action as Action
from backend.dossiers.practice import Lesson as Lesson
from backend.dossiers.practice import practice_lesson as practice_lesson
from backend.dossiers.practice import seed_practice as seed_practice


def count() -> int:
    """How many dossiers there are."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Dossier)) or 0
