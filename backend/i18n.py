"""Pages in Vietnamese and in English: Vietnamese is written in the code, `translations/en.po` holds the English.

`gettext("Hồ sơ")` translates at once, into the language of the request under way; `N_("Hồ sơ")` only marks a text for
translation that is shown later, through `gettext(variable)`. Placeholders are named: `gettext("Còn %(n)s ngày", n=3)`.
What citizens are told in messages is always Vietnamese and does not come through here. `flask --app backend
translations update` writes new texts into the file.
"""

import gettext as standard
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime
from babel.messages import mofile, pofile
from babel.numbers import format_decimal

from backend import clock

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
NATIVE = "vi"
FILES = Path(__file__).with_name("translations")

_LOCALES = {"vi": "vi_VN", "en": "en_GB"}
_DATES = {"vi": "dd/MM/yyyy", "en": "d MMM yyyy"}
_MOMENTS = {"vi": "dd/MM/yyyy HH:mm", "en": "d MMM yyyy, HH:mm"}

_language: ContextVar[str] = ContextVar("language", default=NATIVE)


def language() -> str:
    """The language of the request under way: `vi` or `en`; outside a request `vi`."""
    return _language.get()


def speak(wanted: str | None) -> None:
    """Use a language from here on in this context; an unknown one, or None, is Vietnamese."""
    _language.set(wanted if wanted in LANGUAGES else NATIVE)


def gettext(text: str, /, **values: Any) -> str:
    """`text` in the language of the request, with `%(name)s` filled in where values are given."""
    spoken = _catalogue(_language.get()).gettext(text) if text else text
    return spoken % values if values else spoken


def ngettext(singular: str, plural: str, n: int, /, **values: Any) -> str:
    """The form that fits the number `n`, which fills `%(num)s` when no other is given."""
    spoken = _catalogue(_language.get()).ngettext(singular, plural, n)
    return spoken % {"num": number(n), **values}


def N_(text: str) -> str:
    """Mark a text that is translated where it is shown."""
    return text


@lru_cache
def _catalogue(name: str) -> standard.NullTranslations:
    """Read from the .po at first use: a few hundred texts take some milliseconds, and nothing has to be compiled."""
    path = FILES / f"{name}.po"
    if not path.exists():
        return standard.NullTranslations()
    with path.open("rb") as file:
        read = pofile.read_po(file, locale=name)
    compiled = BytesIO()
    mofile.write_mo(compiled, read)
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


def day(value: date | datetime | None) -> str:
    """`23/11/2026`, or `23 Nov 2026`; on the clocks of Vietnam. Empty for None."""
    if value is None:
        return ""
    local = clock.local(value).date() if isinstance(value, datetime) else value
    return format_date(local, _DATES[language()], locale=_LOCALES[language()])


def moment(value: datetime | None) -> str:
    """`23/11/2026 13:05`, or `23 Nov 2026, 13:05`; on the clocks of Vietnam. Empty for None."""
    if value is None:
        return ""
    local = clock.local(value).replace(tzinfo=None)
    return format_datetime(local, _MOMENTS[language()], locale=_LOCALES[language()])


def number(value: float) -> str:
    """`25.000` in Vietnamese, `25,000` in English."""
    return format_decimal(value, locale=_LOCALES[language()])


def money(value: int) -> str:
    """`8.000 đ`, or `8,000 VND`."""
    return f"{number(value)} {'đ' if language() == NATIVE else 'VND'}"


JINJA_GLOBALS: dict[str, Any] = {"_": gettext, "ngettext": ngettext, "language": language, "languages": LANGUAGES}
JINJA_FILTERS: dict[str, Any] = {"local_time": moment, "local_date": day, "number": number, "money": money}
