"""An officer's own account: password, one-time code, where they are signed in. Always the real person's."""

from io import BytesIO

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from backend.errors import InvalidInput
from backend.i18n import gettext, ngettext
from backend.organisation import access, one_time_code, sign_in
from backend.organisation.access import own_account, real_officer

blueprint = Blueprint("me", __name__, url_prefix="/me")
NONCE = "nonce"  # of the signed cookie: of a secret that no code has proved yet


@blueprint.get("")
@own_account
def page() -> str:
    """Who I am, and what I can change about it."""
    return _page()


def _page(*, wrong_password: str = "") -> str:
    me = real_officer()
    return render_template(
        "organisation/me.html",
        me=me,
        code_on=one_time_code.is_on(me.id),
        sessions=sign_in.sessions_of(me.id, access.session_key()),
        wrong_password=wrong_password,
        shortest=sign_in.SHORTEST_PASSWORD,
    )


@blueprint.post("/password")
@own_account
def password() -> tuple[str, int] | Response:
    """Change the own password; other browsers are signed out."""
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    try:
        if new != again:
            raise InvalidInput(gettext("Hai lần nhập mật khẩu mới không giống nhau."))
        sign_in.change_password(real_officer().id, old, new, key=access.session_key())
    except InvalidInput as error:
        return _page(wrong_password=error.message), error.status
    flash(gettext("Đã đổi mật khẩu. Những nơi đăng nhập khác đã được đăng xuất."), "success")
    return redirect(url_for("officers.me.page"), 303)


@blueprint.get("/code")
@own_account
def code() -> str | Response:
    """The QR code to scan, and the form for the first code."""
    if one_time_code.is_on(real_officer().id):
        return redirect(url_for("officers.me.page"), 303)
    if NONCE not in session:
        session[NONCE] = one_time_code.new_nonce()
    return _code_page()


def _code_page(wrong: str = "") -> str:
    me, nonce = real_officer(), session[NONCE]
    secret = one_time_code.secret_of(me.id, nonce)
    return render_template(
        "organisation/code.html",
        picture=_qr(one_time_code.address_of(me.id, nonce, me.username)),
        secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        wrong=wrong,
    )


def _qr(text: str) -> Markup:
    """As SVG inside the page: nothing of the secret becomes an address of its own."""
    drawn = BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=5, xmldecl=False, svgns=True, title="QR", omitsize=False)
    return Markup(drawn.getvalue().decode())  # noqa: S704 - drawn by segno from a text it encodes


@blueprint.post("/code")
@own_account
def code_on() -> tuple[str, int] | str | Response:
    """Turn the code on with the first one; the recovery codes are shown this once."""
    if NONCE not in session or one_time_code.is_on(real_officer().id):
        return redirect(url_for("officers.me.code"), 303)
    try:
        codes = one_time_code.turn_on(real_officer().id, session[NONCE], request.form.get("code", "")[:20])
    except InvalidInput as error:
        return _code_page(error.message), error.status
    session.pop(NONCE)
    return render_template("organisation/recovery_codes.html", codes=codes)


@blueprint.post("/code/off")
@own_account
def code_off() -> tuple[str, int] | Response:
    """Turn it off; the password is asked once more, the browser may have been left open."""
    me = real_officer()
    try:
        sign_in.ask_again(me.id, request.form.get("password", ""))
    except InvalidInput as error:
        return _page(wrong_password=error.message), error.status
    one_time_code.turn_off(me.id, actor=me.actor)
    flash(gettext("Đã tắt mã xác nhận."), "success")
    return redirect(url_for("officers.me.page"), 303)


@blueprint.post("/sessions/end")
@own_account
def end_sessions() -> Response:
    """Sign out elsewhere: one browser, or all but this one."""
    only = request.form.get("session", "")[:16]
    ended = sign_in.end_sessions(real_officer().id, only=only, keep=access.session_key())
    flash(ngettext("Đã đăng xuất %(num)s nơi.", "Đã đăng xuất %(num)s nơi.", ended), "success")
    return redirect(url_for("officers.me.page"), 303)
