"""Requests and answers of the agencies' API."""

from pydantic import BaseModel, Field


class ContactsQuery(BaseModel):
    """`q`: the citizen's words, in any spelling; may be empty."""

    q: str = Field(default="", max_length=500)


class AgencyContact(BaseModel):
    """One agency. `id` is its electronic identifier, e.g. `H15.16`; unknown address or phone is null."""

    id: str
    name: str
    address: str | None
    phone: str | None


class ContactsOut(BaseModel):
    """`text` is ready to be sent; `agencies` holds at most five."""

    text: str
    agencies: list[AgencyContact]


class OfficeHoursOut(BaseModel):
    """`text` is ready to be sent."""

    text: str
    open_now: bool
