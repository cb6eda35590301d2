"""`flask --app backend organisation …`: agencies and officers' accounts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
from flask.cli import AppGroup

from backend import clock
from backend.errors import MotCuaError
from backend.organisation import demo, seeding, service, sign_in
from backend.organisation.models import Level, Role
from backend.organisation.seeding import PROVINCE
from backend.settings import settings

commands = AppGroup("organisation", help="Agencies of the province, and officers' accounts.")

_LABELS = {
    Level.DEPARTMENT: "departments (sở, ban, ngành)",
    Level.DISTRICT: "districts (huyện, thị xã, thành phố)",
    Level.COMMUNE: "communes (xã, phường, thị trấn)",
}


class Day(click.ParamType[date]):
    """`today` or a date like 2017-11-01."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, a usage error when it is none."""
        if isinstance(value, date):
            return value
        try:
            return clock.today() if value == "today" else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is neither 'today' nor a date like 2017-11-01", param, ctx)


@commands.command("seed")
def seed() -> None:
    """Load the agencies of Đắk Lắk since 2017; running it again changes only what differs."""
    result = seeding.seed()
    click.echo(f"{result.total} agencies: {result.added} added, {result.changed} changed.")


@commands.command("at")
@click.argument("day", type=Day())
@click.option("--list", "with_names", is_flag=True, help="Print the names too.")
def at(day: date, with_names: bool) -> None:
    """Count the agencies that exist on DAY, e.g. 2017-11-01 or today."""
    agencies = service.agencies_at(day)
    if not agencies:
        raise click.ClickException("no agencies on that day; load them with: flask --app backend organisation seed")
    click.echo(day.isoformat())
    for level, label in _LABELS.items():
        chosen = [agency for agency in agencies if agency.level is level]
        click.echo(f"{len(chosen):5} {label}")
        for agency in chosen if with_names else ():
            click.echo(f"        {agency.code:<12} {agency.unit or agency.name}")


@commands.command("find")
@click.argument("words", nargs=-1, required=True)
def find(words: tuple[str, ...]) -> None:
    """Show what a citizen is answered who asks how to reach WORDS."""
    click.echo(service.contacts(" ".join(words)).text)


@commands.command("import-contacts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_contacts(file: Path) -> None:
    """Set addresses and telephone numbers from a CSV FILE (code,address,phone,email)."""
    with _plain_errors():
        click.echo(f"{seeding.import_contacts(file, clock.today())} agencies updated.")


@commands.command("add-officer")
@click.argument("username")
@click.option("--name", required=True, help="Full name.")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--agency", default=PROVINCE, show_default=True, help="Code of the agency, e.g. H15.16.")
@click.option("--department", default="", help="Specialist department inside the agency.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add_officer(username: str, name: str, role: str, agency: str, department: str, password_stdin: bool) -> None:
    """Create an account; asks for the password."""
    password = _password(password_stdin)
    with _plain_errors():
        officer_id = sign_in.add_officer(
            name=name,
            username=username,
            password=password,
            agency_id=service.agency_by_code(agency).id,
            role=Role(role),
            department=department,
        )
    click.echo(f"Officer {officer_id} added.")


@commands.command("set-password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(username: str, password_stdin: bool) -> None:
    """Give an account a new password and sign it out everywhere."""
    password = _password(password_stdin)
    with _plain_errors():
        sign_in.set_password(username, password)
    click.echo("Password set.")


@commands.command("seed-demo-officers")
@click.option("--password", default="", help="For all of them; random when not given.")
def seed_demo_officers(password: str) -> None:
    """Create one made-up officer of every role, for practising. Not for a system with real dossiers."""
    if settings().environment == "production":
        raise click.ClickException("demo officers have no place in production")
    with _plain_errors():
        password = demo.seed(password)
    for officer in demo.OFFICERS:
        click.echo(f"{officer.username:<18} {officer.role}")
    click.echo(f"password: {password}")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Our errors as one line on the terminal instead of a stack."""
    try:
        yield
    except MotCuaError as error:
        raise click.ClickException(error.message) from error
