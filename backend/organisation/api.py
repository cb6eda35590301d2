"""JSON endpoints about agencies, for the assistant."""

from flask_openapi3 import APIBlueprint, Tag

from backend import http
from backend.messaging.schemas import ConversationPath
from backend.organisation import service
from backend.organisation.schemas import (
    AgencyContact,
    ContactsOut,
    ContactsQuery,
    OfficeHoursOut,
)

blueprint = APIBlueprint(
    "organisation_api",
    __name__,
    url_prefix="/api/v1",
    abp_tags=[Tag(name="organisation", description="Agencies, how to reach them, when they are open")],
    abp_security=[{"internal": []}],
)


@blueprint.get("/agencies/contacts", responses={200: ContactsOut})
@http.internal
def contacts(query: ContactsQuery) -> dict[str, object]:
    """How to reach the agencies that the words name; old communes and departments lead to their successors."""
    found = service.contacts(query.q)
    agencies = [AgencyContact(id=a.code, name=a.name, address=a.address, phone=a.phone) for a in found.agencies]
    return ContactsOut(text=found.text, agencies=agencies).model_dump()


@blueprint.get("/conversations/<int:cid>/office-hours", responses={200: OfficeHoursOut})
@http.internal
def office_hours(path: ConversationPath) -> dict[str, object]:
    """Today's office hours, and when agencies open again if they are closed."""
    found = service.office_hours()
    return OfficeHoursOut(text=found.text, open_now=found.open_now).model_dump()
