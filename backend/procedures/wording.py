"""Answers to citizens: one short Vietnamese text an aspect, from what the record says and nothing else.

Read on a phone, aloud, and by SMS without accents: short sentences, numbered lists, no abbreviations that need a mark,
no symbols beyond the everyday. What the record does not say is said to be unknown, with whom to ask.
"""

from collections.abc import Callable, Sequence
from datetime import date

from backend.procedures import policy
from backend.procedures.models import Level, Online, Source
from backend.procedures.schemas import Aspect, DocumentIn, DurationIn, FeeIn, MethodIn, ProcedureOut
from backend.settings import settings
from backend.text import fold

PAPERS_SHOWN, STEPS_SHOWN, FEES_SHOWN = 10, 6, 5
PAPER, STEP, FEE, CONDITION = 110, 160, 140, 90  # characters an item
OVERVIEW_PAPERS, OVERVIEW_PAPER = 5, 70

_UNITS = {"hour": "giờ", "working_day": "ngày làm việc", "day": "ngày", "month": "tháng"}
_CHANNELS = {"counter": "nộp trực tiếp", "online": "nộp trực tuyến", "post": "gửi bưu chính"}
_LEVELS = {
    Level.PROVINCE: "Trung tâm Phục vụ hành chính công tỉnh",
    Level.DISTRICT: "bộ phận một cửa UBND huyện",
    Level.COMMUNE: "bộ phận một cửa UBND xã, phường",
}


def compose(procedure: ProcedureOut, aspect: Aspect, *, with_source: bool = True) -> str:
    """The answer about `aspect`, with its source and date in a last short line unless they were just told."""
    body = _BODY[aspect](procedure)
    return f"{body}\n{source_line(procedure)}" if with_source else body


def source_line(procedure: ProcedureOut) -> str:
    """Where the answer comes from and since when it holds, or of when it is."""
    day = _day(procedure.effective_from)
    if procedure.source is Source.PORTAL:
        return f"Nguồn: {_portal()}, dữ liệu ngày {day}."
    if procedure.source is Source.SPREADSHEET:
        return f"Nguồn: UBND tỉnh {settings().province}, hiệu lực {day}."
    return f"Nguồn: {_portal()}, hiệu lực {day}."


def _portal() -> str:
    return settings().procedure_source.replace("Dịch vụ công", "DVC")


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _ask_whom() -> str:
    return f"Anh/chị vui lòng hỏi nơi nộp hồ sơ hoặc gọi {settings().hotline}."


def _unknown(what: str, procedure: ProcedureOut) -> str:
    return f"{procedure.short_name}: em chưa có thông tin về {what}. {_ask_whom()}"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def _lower(text: str) -> str:
    """First letter lowered for the middle of a sentence, unless the word is an abbreviation."""
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def _numbered(items: Sequence[str]) -> str:
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))


# --- papers -----------------------------------------------------------------------------------------------------------


def documents(procedure: ProcedureOut) -> str:
    """Papers asked of everybody first, then those of some cases, each with its case."""
    if not procedure.documents:
        return _unknown("giấy tờ cần nộp", procedure)
    ordered = _in_order(procedure.documents)
    shown, hidden = ordered[:PAPERS_SHOWN], len(ordered) - PAPERS_SHOWN
    always = [_paper(paper) for paper in shown if not _is_optional(paper)]
    sometimes = [_paper(paper) for paper in shown if _is_optional(paper)]
    parts = [f"{procedure.short_name}, cần các giấy tờ:", *([_numbered(always)] if always else [])]
    if sometimes:
        parts.append("Thêm, tùy trường hợp:" if always else "Tùy trường hợp:")
        parts += [f"{number}. {item}" for number, item in enumerate(sometimes, start=len(always) + 1)]
    if hidden > 0:
        parts.append(f"Còn {hidden} giấy tờ khác. {_ask_whom()}")
    return "\n".join(parts)


def _is_optional(paper: DocumentIn) -> bool:
    return paper.required is False or bool(paper.when)


def _in_order(papers: Sequence[DocumentIn]) -> list[DocumentIn]:
    return sorted(papers, key=_is_optional)


def _paper(paper: DocumentIn) -> str:
    text = policy.brief(paper.name, PAPER)
    details = [detail for detail in (_copies(paper), paper.form if paper.form not in text else "") if detail]
    if details:
        text += f" ({', '.join(details)})"
    if paper.when:
        when = policy.clipped(paper.when.strip(" ;."), CONDITION)
        joint = "" if fold(when).startswith(("neu ", "khi ", "truong hop ")) else "nếu "
        text += f": {joint}{_lower(when)}"
    elif paper.required is False:
        text += ", nếu có"
    return text


def _copies(paper: DocumentIn) -> str:
    if paper.present and not paper.original and not paper.copy_:
        return "chỉ xuất trình"
    if (paper.original, paper.copy_) == (1, 0) and policy.is_form(paper.name):
        return ""  # what one fills in oneself is an original
    if (paper.original, paper.copy_) == (0, 1) and fold(paper.name).startswith("ban sao"):
        return ""
    counts = [(paper.original, "bản chính"), (paper.copy_, "bản sao")]
    return " và ".join(kind if count == 1 else f"{count} {kind}" for count, kind in counts if count)


# --- money and time ---------------------------------------------------------------------------------------------------


def fee(procedure: ProcedureOut) -> str:
    """What it costs. No entry is not free; a bare zero in the portal's form is told as just that."""
    if not procedure.fees:
        return _unknown("phí, lệ phí", procedure)
    return _listed(f"{procedure.short_name}, phí và lệ phí:", _fee_lines(procedure))


def _fee_lines(procedure: ProcedureOut) -> list[str]:
    lines = [_fee(entry) for entry in procedure.fees[:FEES_SHOWN]]
    hidden = len(procedure.fees) - FEES_SHOWN
    return [*lines, f"Còn {hidden} mức khác; anh/chị xem khi nộp hồ sơ"] if hidden > 0 else lines


def _fee(entry: FeeIn) -> str:
    text = policy.clipped(entry.text.split("\n")[0].strip(" ;.-+"), FEE)
    if entry.amount is None:
        return text
    if entry.amount == 0:
        return text or "0 đồng theo Cổng Dịch vụ công; anh/chị nên hỏi lại khi nộp"
    amount = f"{entry.amount:,}".replace(",", ".") + " đồng"
    return f"{amount} ({_lower(text)})" if text else amount


def duration(procedure: ProcedureOut) -> str:
    """How long it takes; by way of filing only where the ways differ."""
    lines = _duration_lines(procedure)
    if not lines:
        return _unknown("thời hạn giải quyết", procedure)
    return _listed(f"{procedure.short_name}, thời hạn giải quyết:", lines)


def _duration_lines(procedure: ProcedureOut) -> list[str]:
    told = [(method, _time(method)) for method in procedure.methods]
    times = list(dict.fromkeys(time for _, time in told if time))
    if len(times) <= 1:
        return [f"{time}, kể từ khi nhận đủ hồ sơ" if _is_number(time) else time for time in times]
    ways: dict[str, list[str]] = {}
    for method, time in told:
        if time and _CHANNELS[method.channel] not in ways.setdefault(time, []):
            ways[time].append(_CHANNELS[method.channel])
    if all(way == next(iter(ways.values())) for way in ways.values()):
        return [policy.clipped(" hoặc ".join(times), FEE) + ", tùy trường hợp"]
    return [f"{time} khi {', '.join(way)}" for time, way in ways.items()]


def _time(method: MethodIn) -> str:
    if method.duration:
        return _amount_of_time(method.duration)
    return policy.clipped(method.duration_text.strip(" ;."), FEE)


def _amount_of_time(duration: DurationIn) -> str:
    value = f"{duration.value:g}".replace(".", ",")
    return f"{value} {_UNITS[duration.unit]}"


def _is_number(time: str) -> bool:
    return time[:1].isdigit() and time.split(" ", 1)[-1] in _UNITS.values()


def _listed(heading: str, lines: Sequence[str]) -> str:
    if len(lines) == 1:
        return _sentence(f"{heading} {_lower(lines[0])}")
    return f"{heading}\n{_numbered([line[:1].upper() + line[1:] for line in lines])}"


# --- where and how ----------------------------------------------------------------------------------------------------


def place(procedure: ProcedureOut) -> str:
    """Where to file, and who decides."""
    where = _place(procedure)
    if not where:
        return _unknown("nơi nộp hồ sơ", procedure)
    filed = "" if fold(where).startswith("nop ") else "nộp tại "
    text = f"{procedure.short_name}: {filed}{_lower(where)}."
    if procedure.agency and fold(procedure.agency) not in fold(where):
        text += f" Cơ quan giải quyết: {policy.clipped(procedure.agency.strip(' .'), FEE)}."
    is_online = procedure.online in (Online.FULL, Online.PARTIAL) and "truc tuyen" not in fold(where)
    ways = ["nộp trực tuyến"] if is_online else []
    ways += ["gửi bưu điện"] if any(method.channel == "post" for method in procedure.methods) else []
    return f"{text} Cũng có thể {' hoặc '.join(ways)}." if ways else text


def _place(procedure: ProcedureOut) -> str:
    if procedure.place:
        return procedure.place.strip(" .")
    return " hoặc ".join(_LEVELS[level] for level in procedure.levels)


def online(procedure: ProcedureOut) -> str:
    """Whether it can be filed online, how far, and what that means."""
    name = procedure.short_name
    if procedure.online is None:
        return _unknown("nộp trực tuyến", procedure)
    if procedure.online is Online.NONE:
        others = " hoặc gửi bưu chính" if any(m.channel == "post" for m in procedure.methods) else ""
        return f"{name}: chưa nộp trực tuyến được. Anh/chị nộp trực tiếp{others}."
    site = "Anh/chị vào dichvucong.gov.vn, đăng nhập bằng VNeID, tìm theo mã"
    if procedure.online is Online.FULL:
        return f"{name}: nộp trực tuyến toàn trình, không phải đến cơ quan. {site} {procedure.code}."
    return f"{name}: nộp trực tuyến một phần, có bước phải đến trực tiếp hoặc gửi bưu chính. {site} {procedure.code}."


def steps(procedure: ProcedureOut) -> str:
    """What to do, in order."""
    lines = _step_lines(procedure)
    if not lines:
        return _unknown("các bước thực hiện", procedure)
    text = f"{procedure.short_name}, các bước:\n{_numbered(lines[:STEPS_SHOWN])}"
    return f"{text}\nCòn các bước sau do cơ quan thực hiện." if len(lines) > STEPS_SHOWN else text


def _step_lines(procedure: ProcedureOut) -> list[str]:
    lines = [policy.step(line) for step in procedure.steps for line in step.split("\n")]
    return [_sentence(policy.clipped(line, STEP)) for line in lines if len(line) > 3 and not line.endswith(":")]


def form(procedure: ProcedureOut) -> str:
    """Which forms are filled in, and where they are found."""
    forms = [paper for paper in procedure.documents if paper.form or paper.files or policy.is_form(paper.name)]
    if not forms:
        if procedure.documents:
            return f"{procedure.short_name}: hồ sơ không ghi mẫu đơn, tờ khai riêng. {_ask_whom()}"
        return _unknown("mẫu đơn, tờ khai", procedure)
    lines = [
        policy.brief(paper.name, PAPER) + (f" ({paper.form})" if paper.form and paper.form not in paper.name else "")
        for paper in forms
    ]
    lines = list(dict.fromkeys(lines))[:OVERVIEW_PAPERS]
    where = f"Mẫu có tại nơi nộp hồ sơ, hoặc tải ở dichvucong.gov.vn theo mã {procedure.code}."
    return f"{procedure.short_name}, mẫu cần điền:\n{_numbered(lines)}\n{where}"


def result(procedure: ProcedureOut) -> str:
    """What one gets at the end."""
    if not procedure.results:
        return _unknown("kết quả nhận được", procedure)
    lines = [policy.brief(line, PAPER) for line in procedure.results[:FEES_SHOWN]]
    if len(lines) == 1:
        return f"{procedure.short_name}: {_sentence(f'anh/chị nhận {_lower(lines[0])}')}"
    return f"{procedure.short_name}, anh/chị nhận:\n{_numbered(lines)}"


def overview(procedure: ProcedureOut) -> str:
    """The five things asked most, each in a line."""
    lines = [_sentence(f"{procedure.short_name} ({procedure.code})"), f"Giấy tờ: {_papers_in_a_line(procedure)}."]
    times = _duration_lines(procedure)
    lines.append(
        _sentence(f"Thời hạn: {'; '.join(_lower(t) for t in times)}") if times else "Thời hạn: chưa có thông tin."
    )
    fees = _fee_lines(procedure)
    lines.append(
        _sentence(f"Lệ phí: {_lower(policy.clipped('; '.join(fees), FEE))}") if fees else "Lệ phí: chưa có thông tin."
    )
    where = _place(procedure)
    if where:
        is_online = procedure.online in (Online.FULL, Online.PARTIAL) and "truc tuyen" not in fold(where)
        also = ", hoặc nộp trực tuyến" if is_online else ""
        lines.append(_sentence(f"Nơi nộp: {_lower(where)}{also}"))
    return "\n".join(lines)


def _papers_in_a_line(procedure: ProcedureOut) -> str:
    always = [paper for paper in procedure.documents if not _is_optional(paper)]
    parts = [_lower(_to_a_comma(policy.brief(paper.name, OVERVIEW_PAPER))) for paper in always[:OVERVIEW_PAPERS]]
    if len(always) > OVERVIEW_PAPERS:
        parts.append(f"{len(always) - OVERVIEW_PAPERS} giấy tờ khác")
    if sometimes := len(procedure.documents) - len(always):
        parts.append(f"thêm {sometimes} giấy tờ tùy trường hợp" if always else f"{sometimes} giấy tờ tùy trường hợp")
    return "; ".join(parts) or "chưa có thông tin"


def _to_a_comma(text: str) -> str:
    """A text that was cut short, cut at its last comma instead of in the middle of a thought."""
    end = text.rfind(", ")
    return text[:end] if text.endswith("…") and end >= OVERVIEW_PAPER // 3 else text


_BODY: dict[Aspect, Callable[[ProcedureOut], str]] = {
    "overview": overview,
    "documents": documents,
    "fee": fee,
    "duration": duration,
    "place": place,
    "online": online,
    "steps": steps,
    "form": form,
    "result": result,
}
