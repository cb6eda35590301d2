"""Filing online: what the form of a procedure asks, what of it is wrong, and the dossier when nothing is.

A form carries a signed token made when it was opened. The key of the dossier follows from it, so a form that is sent
twice makes one dossier. Files are kept at once, whatever else is wrong; their ids travel in the form, signed.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer
from sqlalchemy.exc import IntegrityError

from backend import clock, storage
from backend.database import reading, transaction
from backend.dossiers import filing, supplements
from backend.dossiers.acts import APPLICANT
from backend.dossiers.filing import Filing
from backend.dossiers.models import Dossier
from backend.dossiers.policy import FiledVia, ReturnBy
from backend.dossiers.supplements import MOST_FILES, Reusable
from backend.errors import MotCuaError, NotFound
from backend.organisation import service as organisation
from backend.organisation.models import Level
from backend.organisation.service import AgencyInfo
from backend.procedures import service as procedures
from backend.procedures.service import ProcedureOut
from backend.settings import settings
from backend.text import fold, normalise, phone_number

MOST_FILES_IN_ALL = 40
MOST_PLACES = 12
PROOF_HOLDS = timedelta(hours=2)
LENGTHS = {"place": 200, "name": 200, "phone": 30, "email": 120, "address": 300, "content": 2000}
CONSENT = (
    "Tôi đồng ý để cơ quan giải quyết dùng thông tin và giấy tờ trên đây cho việc giải quyết thủ tục này, báo tin và"
    " lưu hồ sơ theo quy định. Tôi có thể hỏi, xin sửa hoặc rút lại qua tổng đài."
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LEVELS = {"commune": Level.COMMUNE, "district": Level.COMMUNE}  # districts went to the communes in 2025


@dataclass(frozen=True)
class Kept:
    """A file that came with the form, kept already."""

    file_id: str
    name: str


@dataclass(frozen=True)
class Upload:
    """A file as it came, for the paper at a position of the checklist."""

    position: int
    name: str
    data: bytes


@dataclass(frozen=True)
class Sent:
    """A form as it came. `dropped`: ids of kept files to leave out; `again`: ids of earlier papers to use again."""

    values: Mapping[str, str]
    uploads: Sequence[Upload] = ()
    dropped: frozenset[str] = frozenset()
    again: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Paper:
    """One paper of the form, with what is kept for it and what is wrong with it."""

    position: int
    name: str
    explanation: str
    wanted: bool
    files: tuple[Kept, ...] = ()
    offered: Reusable | None = None
    again: bool = False
    error: str = ""


@dataclass
class Form:
    """What the page shows. `errors` by the name of the field; `places`: of which one is to be picked."""

    procedure: ProcedureOut
    token: str
    kept: str = ""
    proof: str = ""
    values: dict[str, str] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    places: list[AgencyInfo] = field(default_factory=list)


@dataclass(frozen=True)
class FiledOnline:
    """It is filed; `key` is that of the applicant's link."""

    key: str


def names_of_places(procedure: ProcedureOut) -> list[str]:
    """Names to propose while the place is typed."""
    levels = _levels(procedure)
    return [agency.name for agency in organisation.agencies_at(clock.today()) if agency.level in levels]


def begin(procedure_code: str, proof: str = "") -> Form:
    """An empty form, filled as far as the shown link knows. Raises NotFound, also where it is not filed online."""
    procedure = _procedure(procedure_code)
    nonce = secrets.token_urlsafe(12)
    form = Form(procedure, _token(nonce, procedure.code), _pack(nonce, {}), proof)
    known = _proved(proof)
    if known is not None:
        phone = "0" + known.applicant_phone.removeprefix("+84")
        form.values = {"name": known.applicant_name, "phone": phone, "email": known.applicant_email}
        form.values["address"] = known.applicant_address
    form.papers = _papers(form, {}, frozenset())
    return form


def submit(procedure_code: str, sent: Sent) -> FiledOnline | Form:
    """File what was sent, or give back the form with what is wrong; files are kept in both cases.

    Raises NotFound (procedure), Unavailable. A form sent again gives the dossier that it made.
    """
    procedure = _procedure(procedure_code)
    nonce = _nonce(sent.values.get("token", ""), procedure.code)
    form = _filled(procedure, nonce, sent)
    if nonce and (known := _filed_already(filing.key_of_form(nonce))):
        return known
    files = _files(form, nonce or form.token, sent)
    if sent.values.get("website") or not nonce:
        form.errors["form"] = "Trang đã mở quá lâu nên chưa nộp được. Anh/chị xem lại rồi bấm nộp lần nữa."
    agency = _check(form)
    form.papers = _papers(form, files, sent.again)
    form.errors |= {f"paper-{paper.position}": paper.error for paper in form.papers if paper.error}
    if form.errors or agency is None or nonce is None:
        return form
    return _file(form, agency, filing.key_of_form(nonce))


# --- the parts of the form -------------------------------------------------------------------------------------


def _procedure(code: str) -> ProcedureOut:
    procedure = procedures.current_version(code)
    if not procedures.takes_online(procedure):
        raise NotFound("Thủ tục này chưa nộp trực tuyến được.")
    return procedure


def _filled(procedure: ProcedureOut, nonce: str | None, sent: Sent) -> Form:
    fresh = nonce or secrets.token_urlsafe(12)
    form = Form(procedure, _token(fresh, procedure.code), proof=sent.values.get("proof", "")[:400])
    form.values = {name: normalise(sent.values.get(name, "")[: 2 * most]) for name, most in LENGTHS.items()}
    for name in ("return_by", "agency", "asked_place", "consent"):
        form.values[name] = sent.values.get(name, "")[:200]
    return form


def _files(form: Form, nonce: str, sent: Sent) -> dict[int, list[Kept]]:
    """What was kept before and what came now, by the position of the paper; the form carries them on."""
    files = _unpack(nonce, sent.values.get("kept", ""))
    positions = range(1, len(form.procedure.documents) + 1)
    files = {p: [k for k in kept if k.file_id not in sent.dropped] for p, kept in files.items() if p in positions}
    for upload in sent.uploads:
        if upload.position not in positions:
            continue
        kept = files.setdefault(upload.position, [])
        problem = _too_many(files, kept) or _keep(upload, kept)
        if problem:
            form.errors[f"paper-{upload.position}"] = f"{upload.name[:80]}: {problem}"
    form.kept = _pack(_nonce(form.token, form.procedure.code) or "", files)
    return files


def _too_many(files: Mapping[int, Sequence[Kept]], kept: Sequence[Kept]) -> str:
    if len(kept) >= MOST_FILES:
        return f"mỗi giấy tờ nhận tối đa {MOST_FILES} tệp."
    if sum(len(one) for one in files.values()) >= MOST_FILES_IN_ALL:
        return f"một hồ sơ nhận tối đa {MOST_FILES_IN_ALL} tệp."
    return ""


def _keep(upload: Upload, kept: list[Kept]) -> str:
    """Keep an upload; what is wrong with it, empty when nothing is."""
    try:
        stored = storage.store(upload.data, upload.name, actor=APPLICANT.label)
    except MotCuaError as error:
        return error.message
    kept.append(Kept(stored.id, stored.name))
    return ""


def _papers(form: Form, files: Mapping[int, Sequence[Kept]], again: frozenset[int]) -> list[Paper]:
    known = _proved(form.proof)
    offers = {fold(one.paper_name): one for one in supplements.reusable_for(known.id)} if known else {}
    papers = []
    for position, document in enumerate(form.procedure.documents, 1):
        offered = offers.get(fold(document.name))
        used = offered is not None and offered.paper_file_id in again
        kept = tuple(files.get(position, ()))
        wanted = document.required is True and not document.when and not document.present
        error = form.errors.get(f"paper-{position}", "")
        # A form that is shown for the first time has no values of `return_by` and nothing is wrong with it yet.
        if not error and wanted and not kept and not used and "return_by" in form.values:
            error = "Anh/chị chưa gửi giấy này. Chụp ảnh rõ nét hoặc chọn tệp có sẵn."
        papers.append(Paper(position, document.name, _explained(document), wanted, kept, offered, used, error))
    return papers


def _explained(document: Any) -> str:
    """What suffices, and what to bring."""
    if document.present:
        return "Xuất trình khi đến nhận kết quả; ảnh chụp giúp xử lý nhanh hơn."
    if document.original and document.copy_:
        what = "Ảnh chụp hoặc bản quét là đủ để nộp; mang bản chính khi được mời đối chiếu."
    elif document.original:
        what = "Chụp hoặc quét từ bản chính; giữ bản chính để nộp hoặc đối chiếu khi được yêu cầu."
    else:
        what = "Bản sao, ảnh chụp hoặc bản quét đều được."
    form = f" Mẫu: {document.form}." if document.form else ""
    return what + form


# --- what is wrong ---------------------------------------------------------------------------------------------


def _check(form: Form) -> AgencyInfo | None:
    """Write what is wrong into `form.errors`; the agency when it is clear."""
    values, errors = form.values, form.errors
    for name, most in LENGTHS.items():
        if len(values[name]) > most:
            errors[name] = f"Dài quá {most} ký tự, anh/chị viết ngắn lại."
    if len(values["name"]) < 2 or not any(letter.isalpha() for letter in values["name"]):
        errors["name"] = "Anh/chị ghi họ và tên đầy đủ."
    if phone_number(values["phone"]) is None:
        errors["phone"] = "Số điện thoại chưa đúng, ví dụ 0912 345 678."
    if values["email"] and not _EMAIL.fullmatch(values["email"]):
        errors["email"] = "Địa chỉ thư điện tử chưa đúng. Có thể để trống."
    if values["return_by"] not in list(ReturnBy):
        errors["return_by"] = "Anh/chị chọn cách nhận kết quả."
    if not values["address"]:
        errors["address"] = "Anh/chị ghi địa chỉ nơi ở, cũng là nơi nhận nếu gửi qua bưu điện."
    if values["consent"] != "yes":
        errors["consent"] = "Cần có sự đồng ý này để cơ quan được xử lý hồ sơ."
    return _agency(form)


def _agency(form: Form) -> AgencyInfo | None:
    """The agency that is meant. Of several the form then offers a choice."""
    place = form.values["place"]
    if not place:
        form.errors.setdefault("place", "Anh/chị ghi tên xã, phường hoặc sở nơi nộp.")
        return None
    found = _found(form.procedure, place)
    chosen = [agency for agency in found if agency.code == form.values["agency"]]
    if chosen and form.values["asked_place"] == place:
        found = chosen
    if len(found) == 1:
        return found[0]
    if found:
        form.places = found[:MOST_PLACES]
        form.errors["place"] = "Có nhiều nơi tên như vậy. Anh/chị chọn một nơi dưới đây."
    else:
        form.errors.setdefault("place", "Chưa tìm thấy nơi này. Anh/chị ghi tên xã, phường, ví dụ: phường Tân Lợi.")
    return None


def _found(procedure: ProcedureOut, place: str) -> list[AgencyInfo]:
    levels = _levels(procedure)
    exact = [a for a in organisation.agencies_at(clock.today()) if a.level in levels and fold(a.name) == fold(place)]
    if exact:
        return exact
    named = [agency for became in organisation.find(place) for agency in became.now if agency.level in levels]
    return list(dict.fromkeys(named))


def _levels(procedure: ProcedureOut) -> frozenset[Level]:
    known = {_LEVELS.get(level, Level.DEPARTMENT) for level in procedure.levels}
    return frozenset(known or {Level.COMMUNE, Level.DEPARTMENT})


# --- filing ----------------------------------------------------------------------------------------------------


def _file(form: Form, agency: AgencyInfo, key: str) -> FiledOnline:
    values = form.values
    wish = Filing(
        procedure_code=form.procedure.code,
        agency_code=agency.code,
        applicant_name=values["name"],
        applicant_phone=phone_number(values["phone"]) or "",
        applicant_email=values["email"],
        applicant_address=values["address"],
        content=values["content"],
        filed_via=FiledVia.ONLINE,
        return_by=ReturnBy(values["return_by"]),
        key=key,
    )
    try:
        with transaction() as session:
            filed = filing.file(wish, APPLICANT)
            dossier = session.get_one(Dossier, filed.id)
            ids = {paper.position: paper.id for paper in dossier.papers}
            for paper in form.papers:
                for kept in _chosen(paper):
                    supplements.attach(filed.id, ids[paper.position], kept.file_id, kept.name, APPLICANT)
    except IntegrityError:  # the same form at the same moment: the other one has filed it
        known = _filed_already(key)
        if known is None:
            raise
        return known
    return FiledOnline(key)


def _chosen(paper: Paper) -> list[Kept]:
    again = [Kept(paper.offered.file_id, paper.offered.name)] if paper.offered and paper.again else []
    return [*again, *paper.files][:MOST_FILES]


def _filed_already(key: str) -> FiledOnline | None:
    return FiledOnline(key) if filing.filed(key) else None


# --- what the form carries, signed -----------------------------------------------------------------------------


def _secret() -> str:
    return settings().secret_key.get_secret_value()


def _token(nonce: str, procedure_code: str) -> str:
    return URLSafeSerializer(_secret(), salt="filing form").dumps([nonce, procedure_code])


def _nonce(token: str, procedure_code: str) -> str | None:
    try:
        nonce, code = URLSafeSerializer(_secret(), salt="filing form").loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return str(nonce) if code == procedure_code else None


def _pack(nonce: str, files: Mapping[int, Sequence[Kept]]) -> str:
    plain = {str(position): [[kept.file_id, kept.name] for kept in some] for position, some in files.items() if some}
    return URLSafeSerializer(_secret(), salt="filing files").dumps([nonce, plain])


def _unpack(nonce: str, packed: str) -> dict[int, list[Kept]]:
    """What this form had kept; nothing for what we did not sign, or signed for another form."""
    try:
        owner, plain = URLSafeSerializer(_secret(), salt="filing files").loads(packed)
    except (BadData, ValueError, TypeError):
        return {}
    if owner != nonce:
        return {}
    return {int(position): [Kept(*kept) for kept in some] for position, some in plain.items()}


def proof_of(dossier_id: int) -> str:
    """What the holder of a dossier's link may show to another form for a while, without showing the link."""
    return URLSafeTimedSerializer(_secret(), salt="filing proof").dumps(dossier_id)


def _proved(proof: str) -> Dossier | None:
    try:
        max_age = int(PROOF_HOLDS.total_seconds())
        dossier_id = URLSafeTimedSerializer(_secret(), salt="filing proof").loads(proof, max_age=max_age)
    except BadData:
        return None
    with reading() as session:
        return session.get(Dossier, dossier_id) if isinstance(dossier_id, int) else None
