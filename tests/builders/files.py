"""Files as people upload them, and as they should not."""

import io
import zipfile

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

DOCX_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>{}</Types>'
)


def make_image(kind: str = "JPEG", size: tuple[int, int] = (80, 40), mode: str = "RGB", **saving: object) -> bytes:
    """A plain picture of this format."""
    out = io.BytesIO()
    Image.new(mode, size, "white").save(out, kind, **saving)  # type: ignore[arg-type]
    return out.getvalue()


def make_photo() -> bytes:
    """A phone's photo: lying on its side, with the place it was taken and a comment."""
    picture = Image.new("RGB", (80, 40), "white")
    picture.paste("red", (0, 0, 20, 40))
    exif = picture.getexif()
    exif[0x0112] = 6  # to be turned right
    exif[0x010F] = "MOTCUA-CAMERA"
    exif.get_ifd(0x8825).update({1: "N", 2: (12.0, 40.0, 0.0), 3: "E", 4: (108.0, 2.0, 0.0)})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif, comment=b"MOTCUA-COMMENT")
    return out.getvalue()


def make_pdf(text: str = "", *, password: str = "", **catalogue: object) -> bytes:
    """One blank page. `catalogue`: what else hangs on the document's root, as pypdf objects; `js`, `attached`: bad."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_metadata({"/Title": text})
    if catalogue.pop("js", None):
        catalogue["OpenAction"] = pdf_action("JavaScript", JS="app.alert('hello');")
    if catalogue.pop("attached", None):
        writer.add_attachment("evil.exe", b"MZ")
    for name, value in catalogue.items():
        writer.root_object[NameObject(f"/{name}")] = value  # type: ignore[assignment]
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_action(kind: str, **values: str) -> DictionaryObject:
    """An action of a PDF, such as /Launch."""
    action = DictionaryObject({NameObject("/S"): NameObject(f"/{kind}")})
    action.update({NameObject(f"/{name}"): TextStringObject(value) for name, value in values.items()})
    return action


def pdf_events(**actions: DictionaryObject) -> DictionaryObject:
    """What a PDF does by itself when something happens, such as WC: it is closed."""
    return DictionaryObject({NameObject(f"/{name}"): action for name, action in actions.items()})


def make_zip(parts: dict[str, str | bytes], *, comment: bytes = b"") -> bytes:
    """An archive of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.comment = comment
    return out.getvalue()


def docx_parts(*, more_types: str = "") -> dict[str, str | bytes]:
    """What a plain Word document is made of."""
    return {
        "[Content_Types].xml": DOCX_TYPES.format(more_types),
        "_rels/.rels": "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'/>",
        "word/document.xml": "<w:document xmlns:w='urn:w'>Đơn đề nghị</w:document>",
    }


def make_docx(**parts: str | bytes) -> bytes:
    """A plain Word document."""
    return make_zip(docx_parts() | parts)
