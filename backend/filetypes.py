"""What an uploaded file really is, and whether we take it. Decided from its bytes, never from its name or header.

Images are encoded anew, so that the place a photo was taken, and whatever hangs behind the picture, is gone. PDFs are
kept byte for byte (a signature would break otherwise) and refused when they can act. Of office files only plain Word
documents are taken. Everything else is refused with a sentence that says what is accepted.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any
from xml.etree import ElementTree

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from backend.errors import InvalidInput

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IMAGES = frozenset({JPEG, PNG, WEBP})
ENDINGS = {JPEG: (".jpg", ".jpeg"), PNG: (".png",), WEBP: (".webp",), PDF: (".pdf",), DOCX: (".docx",)}
"""The endings that go with a type, the usual one first."""
MOVING = "Ảnh động (GIF) không được nhận."
ACCEPTED = "Chỉ nhận ảnh (JPG, PNG, WebP), PDF và Word (.docx) không có macro."

MOST_PIXELS = {JPEG: 40_000_000, PNG: 40_000_000, WEBP: 16_000_000}
"""A WebP takes several times the memory while it is read."""
_SIDES = (2560, 2048, 1600, 1280, 960, 640, 320)
"""Of pictures that have to become smaller, in pixels; a paper is still read at 1600."""
SMALL_SIDE = 320
"""Of a thumbnail, in pixels."""
MOST_PDF_OBJECTS = 50_000
MOST_PARTS = 2_000
MOST_UNPACKED = 60 * 1024 * 1024
"""Bytes of a Word document once unpacked."""
MOST_XML = 1024 * 1024
_JPEG_QUALITY = 88
_TAIL = 1024


@dataclass(frozen=True)
class Clean:
    """A file that may be kept. `data` is what to keep, which is not always what came."""

    media_type: str
    data: bytes


def clean(data: bytes) -> Clean:
    """Recognise, check and clean a file. Raises InvalidInput with a plain sentence."""
    for known, begins in _CHECKS.items():
        if begins(data):
            return known(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        raise refusal(MOVING)
    raise refusal("Loại tệp này không được nhận.")


def refusal(why: str) -> InvalidInput:
    """`why`, and what is accepted."""
    return InvalidInput(f"{why} {ACCEPTED}")


# --- images ----------------------------------------------------------------------------------------------------

_pictures_in_memory = BoundedSemaphore(2)
"""A large picture takes 200 MB while it is encoded; many at once would take all."""
_FORMATS = {"JPEG": JPEG, "MPO": JPEG, "PNG": PNG, "WEBP": WEBP}  # MPO: a phone's JPEG with a preview behind it
_MODES = {JPEG: ("RGB", "L"), PNG: ("1", "L", "LA", "P", "RGB", "RGBA"), WEBP: ("RGB", "RGBA")}
_SAVING: dict[str, tuple[str, dict[str, Any]]] = {
    JPEG: ("JPEG", {"quality": _JPEG_QUALITY}),
    PNG: ("PNG", {}),
    WEBP: ("WEBP", {"quality": _JPEG_QUALITY}),
}


def _image(data: bytes) -> Clean:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as first:
            media_type = _FORMATS[first.format or ""]
            too_large = first.width * first.height > MOST_PIXELS[media_type]
            if not too_large:
                first.verify()
        if not too_large:
            with _pictures_in_memory:
                return Clean(media_type, _encoded_anew(data, media_type))
    except Exception as error:  # whatever makes the decoder stumble is no picture to us
        raise refusal("Ảnh bị hỏng hoặc không đọc được.") from error
    raise refusal(f"Ảnh quá lớn (nhiều hơn {MOST_PIXELS[media_type] // 1_000_000} triệu điểm ảnh).")


def _encoded_anew(data: bytes, media_type: str) -> bytes:
    out = io.BytesIO()
    name, options = _SAVING[media_type]
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as opened:
        ImageOps.exif_transpose(opened, in_place=True)
        picture = opened if opened.mode in _MODES[media_type] else opened.convert(_MODES[media_type][0])
        # Comments, colour profiles and camera data would be written again from here.
        picture.info = {name: value for name, value in picture.info.items() if name == "transparency"}
        picture.save(out, name, **options)
    return out.getvalue()


def small(data: bytes) -> bytes:
    """A thumbnail of a picture that we keep, as JPEG, at most `SMALL_SIDE` wide and high."""
    return _jpeg(_flat(data, SMALL_SIDE), quality=75)


def shrunk(data: bytes, most_bytes: int) -> bytes:
    """A picture that we keep as JPEG of at most `most_bytes`, as large as its sides may be for that."""
    with _pictures_in_memory:
        picture = _flat(data, _SIDES[0])
        for side in _SIDES:
            picture.thumbnail((side, side))
            made = _jpeg(picture, quality=80)
            if len(made) <= most_bytes:
                break
    return made


def _flat(data: bytes, side: int) -> Image.Image:
    """Without transparency, at most `side` wide and high."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
        picture.draft("RGB", (side * 2, side * 2))
        picture.thumbnail((side, side))
        flat = Image.new("RGB", picture.size, "white")
        see_through = picture.convert("RGBA")
        flat.paste(see_through, mask=see_through.getchannel("A"))
    return flat


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


# --- PDF -------------------------------------------------------------------------------------------------------

_PDF_ACTIVE = "Tệp PDF có mã lệnh hoặc tệp đính kèm bên trong nên không được nhận."
_PDF_ACTS = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/RichMediaExecute"})
_PDF_HOLDS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})


def _pdf(data: bytes) -> Clean:
    # A reader that repairs a broken file may find objects that ours does not: their names are looked for, too.
    if any(name in data for name in (b"/JavaScript", b"/EmbeddedFile", b"/Launch")):
        raise refusal(_PDF_ACTIVE)
    behind = data.rpartition(b"%%EOF")[2]
    if behind.strip(b"\r\n\t \x00") or zipfile.is_zipfile(io.BytesIO(data)):
        raise refusal("Tệp PDF không đúng chuẩn (có dữ liệu lạ kèm theo).")
    try:
        reader = PdfReader(io.BytesIO(data))
        encrypted = reader.is_encrypted
        acts = not encrypted and (len(reader.pages) == 0 or any(_acts(found) for found in _objects(reader)))
    except Exception as error:  # whatever makes the reader stumble is no PDF to us
        raise refusal("Tệp PDF bị hỏng hoặc không đọc được.") from error
    if encrypted:
        raise refusal("Tệp PDF có mật khẩu. Anh/chị bỏ mật khẩu rồi gửi lại.")
    if acts:
        raise refusal(_PDF_ACTIVE)
    return Clean(PDF, data)


def _objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, those that nothing points to included."""
    numbers = {number for group in reader.xref.values() for number in group} | set(reader.xref_objStm)
    if len(numbers) > MOST_PDF_OBJECTS:
        raise ValueError("too many objects")
    waiting: list[Any] = [reader.trailer]
    for number in numbers:
        generation = next((g for g, group in reader.xref.items() if number in group), 0)
        waiting.append(IndirectObject(number, generation, reader).get_object())
        while waiting:
            found = waiting.pop()
            if isinstance(found, DictionaryObject):
                yield found
                waiting += [value for value in found.values() if not isinstance(value, IndirectObject)]
            elif isinstance(found, ArrayObject):
                waiting += [value for value in found if not isinstance(value, IndirectObject)]


def _acts(found: DictionaryObject) -> bool:
    kind = found.get("/Type") if isinstance(found, StreamObject) else None
    return (
        not _PDF_HOLDS.isdisjoint(found.keys())
        or str(found.raw_get("/S") if "/S" in found else "") in _PDF_ACTS
        or str(kind) == "/EmbeddedFile"
        or any(isinstance(one, DictionaryObject) and one.get("/S") == "/URI" for one in _at_once(found))
    )


def _at_once(found: DictionaryObject) -> Iterator[Any]:
    """What happens without a click. A link that is clicked may lead anywhere; this would tell who reads the file."""
    yield found.get("/OpenAction")
    events = found.get("/AA")
    yield from (events[name] for name in events) if isinstance(events, DictionaryObject) else ()


# --- Word ------------------------------------------------------------------------------------------------------

_CONTENT_TYPES = "[Content_Types].xml"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_ACTIVE_PART = re.compile(r"vbaproject|vbadata|/embeddings/|/activex/|\.bin$|\.exe$|\.js$|\.html?$|\.svg$", re.I)
_ACTIVE_TYPE = re.compile(r"macroenabled|vbaproject|oleobject|activex|template|package$|html|svg|octet-stream", re.I)
_LINK = "/hyperlink"
_CHUNK = "/afchunk"
"""A page, or another document, that Word opens within this one."""


def _docx(data: bytes) -> Clean:
    try:
        problem = _problem_of_zip(data)
    except Exception as error:  # whatever makes the reader stumble is no document to us
        raise refusal("Tệp nén hoặc tệp Word bị hỏng, không đọc được.") from error
    if problem:
        raise refusal(problem)
    return Clean(DOCX, data)


def _problem_of_zip(data: bytes) -> str:
    """Why this archive is not a plain Word document; empty when it is."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if _CONTENT_TYPES not in names or "word/document.xml" not in names:
            return "Tệp nén không được nhận."
        whole = data[-22:].startswith(b"PK\x05\x06")  # nothing hangs behind, not even a comment
        if not whole or len(names) != len(parts) or len(parts) > MOST_PARTS or b"%PDF-" in data[:_TAIL]:
            return "Tệp Word không đúng chuẩn."
        if sum(part.file_size for part in parts) > MOST_UNPACKED:
            return "Tệp Word quá lớn khi mở ra."
        for part in parts:
            if problem := _problem_of_part(archive, part):
                return problem
    return ""


def _problem_of_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    name = part.filename
    if _ACTIVE_PART.search(f"/{name}"):
        return "Tệp Word có macro hoặc tệp nhúng nên không được nhận."
    if name.startswith("/") or ".." in name or "\\" in name or part.flag_bits & 1:
        return "Tệp Word không đúng chuẩn."
    with archive.open(part) as opened:  # reads no more than the announced size, and checks the sum
        content = opened.read()
    if name == _CONTENT_TYPES:
        return _problem_of_types(content)
    if name.endswith(".rels"):
        return _problem_of_links(content)
    return ""


def _xml(content: bytes) -> ElementTree.Element:
    if len(content) > MOST_XML or b"\0" in content or b"<!" in content.replace(b"<!--", b""):
        raise ValueError("XML with a document type, too long, or in letters of two bytes, which would hide one")
    return ElementTree.fromstring(content)  # noqa: S314 - no document type, so no entities


def _problem_of_types(content: bytes) -> str:
    types = [element.get("ContentType", "") for element in _xml(content)]
    if any(_ACTIVE_TYPE.search(name) for name in types):
        return "Tệp Word có macro hoặc tệp nhúng nên không được nhận."
    return "" if _MAIN in types else "Tệp nén không được nhận."


def _problem_of_links(content: bytes) -> str:
    """A document may link to a page; anything else it fetches from elsewhere is not ours to open."""
    for link in _xml(content):
        if link.get("Type", "").lower().endswith(_CHUNK):
            return "Tệp Word có macro hoặc tệp nhúng nên không được nhận."
        away = link.get("TargetMode", "").lower() == "external"
        local = link.get("Target", "").lower().startswith("file:///")
        if away and not local and not link.get("Type", "").endswith(_LINK):
            return "Tệp Word lấy nội dung từ nơi khác nên không được nhận. Anh/chị lưu thành PDF rồi gửi lại."
    return ""


_CHECKS: dict[Callable[[bytes], Clean], Callable[[bytes], bool]] = {
    _image: lambda data: (
        data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
    ),
    _pdf: lambda data: data.startswith(b"%PDF-"),
    _docx: lambda data: data.startswith(b"PK\x03\x04"),
}
