import errno
import io
import random
import unicodedata
import zipfile

import pytest
from flask import Flask
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import func, select

from backend import filetypes, http, storage
from backend.database import reading, transaction
from backend.errors import InvalidInput, NotFound, TooLarge
from backend.http import public
from backend.settings import settings
from tests.builders.files import (
    docx_parts,
    make_docx,
    make_image,
    make_pdf,
    make_photo,
    make_zip,
    pdf_action,
    pdf_events,
)

RELS = "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>{}</Relationships>"
TEMPLATE = '<Relationship Id="1" Type="http://x/attachedTemplate" Target="{}" TargetMode="External"/>'
CHUNK = '<Relationship Id="1" Type="http://x/aFChunk" Target="a.mht"/>'
LINK = '<Relationship Id="1" Type="http://x/hyperlink" Target="https://example.vn" TargetMode="External"/>'


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STORAGE_DIR", str(tmp_path / "files"))
    settings.cache_clear()


def blobs():
    return sorted(path.name for path in settings().storage.rglob("*") if path.is_file())


def keep(data, name="giay-to"):
    return storage.store(data, name, actor="applicant")


@pytest.mark.parametrize(
    ("data", "media_type", "ending"),
    [
        (make_image("JPEG"), filetypes.JPEG, ".jpg"),
        (make_image("JPEG", mode="L"), filetypes.JPEG, ".jpg"),
        (make_image("JPEG", mode="CMYK"), filetypes.JPEG, ".jpg"),
        (make_image("PNG"), filetypes.PNG, ".png"),
        (make_image("PNG", mode="P"), filetypes.PNG, ".png"),
        (make_image("PNG", mode="RGBA"), filetypes.PNG, ".png"),
        (make_image("PNG", mode="I;16"), filetypes.PNG, ".png"),
        (make_image("WEBP"), filetypes.WEBP, ".webp"),
        (make_pdf(), filetypes.PDF, ".pdf"),
        (make_pdf(OpenAction=pdf_action("GoTo", D="x")), filetypes.PDF, ".pdf"),
        (make_docx(), filetypes.DOCX, ".docx"),
        (make_docx(**{"word/_rels/document.xml.rels": RELS.format(LINK)}), filetypes.DOCX, ".docx"),
        (
            make_docx(**{"word/_rels/settings.xml.rels": RELS.format(TEMPLATE.format("file:///C:/Mau.dotx"))}),
            filetypes.DOCX,
            ".docx",
        ),
    ],
)
def test_an_accepted_file_comes_back_as_its_type(database, data, media_type, ending):
    kept = keep(data, "anh.exe")
    assert (kept.media_type, kept.name) == (media_type, f"anh.exe{ending}")
    assert (len(kept.id), kept.size) == (22, len(storage.read(kept.id)))
    assert storage.info(kept.id) == kept
    if media_type in (filetypes.PDF, filetypes.DOCX):
        assert storage.read(kept.id) == data


REFUSED = {
    "text": b"hello",
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "XML": b"<?xml version='1.0'?><svg/>",
    "executable": b"MZ\x90\x00" + bytes(200),
    "ELF": b"\x7fELF" + bytes(200),
    "shell script": b"#!/bin/sh\nrm -rf /\n",
    "old Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "RTF": b"{\\rtf1 hello}",
    "GIF": make_image("GIF"),
    "TIFF": make_image("TIFF"),
    "BMP": make_image("BMP"),
    "RAR": b"Rar!\x1a\x07\x00" + bytes(50),
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(50),
    "gzip": b"\x1f\x8b\x08" + bytes(50),
    "ZIP": make_zip({"a.txt": "hello"}),
    "ZIP with PDF in front": make_pdf() + make_zip({"a.txt": "hello"}),
    "HTML in front of a PDF": b"<script>alert(1)</script>" + make_pdf(),
    "HTML behind a PDF": make_pdf() + b"<script>alert(1)</script>",
    "spreadsheet": make_zip({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<x/>"}),
    "spreadsheet with a Word part": make_zip({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}),
    "half a JPEG": make_image("JPEG", (400, 400))[:300],
    "head of a JPEG": b"\xff\xd8\xff\xe0" + b"<script>" * 9,
    "head of a PNG": b"\x89PNG\r\n\x1a\n" + b"<script>" * 9,
    "head of a WebP": b"RIFF\x00\x00\x00\x00WEBP" + b"<script>" * 9,
    "broken PNG": make_image("PNG", (50, 50)).replace(b"IDAT", b"IDAX"),
    "picture of too many points": make_image("PNG", (8000, 7000), mode="1"),
    "WebP of too many points": make_image("WEBP", (4100, 4000)),
    "head of a PDF": b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF",
    "PDF without pages": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    "PDF with a password": make_pdf(password="x"),
    "PDF with JavaScript": make_pdf(js=True),
    "PDF with a hidden name": make_pdf(js=True).replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53"),
    "PDF with a file in it": make_pdf(attached=True),
    "PDF that starts a program": make_pdf(OpenAction=pdf_action("Launch", F="cmd.exe")),
    "PDF that opens a page by itself": make_pdf(OpenAction=pdf_action("URI", URI="http://x")),
    "PDF that opens a page when it is closed": make_pdf(AA=pdf_events(WC=pdf_action("URI", URI="http://x"))),
    "PDF that sends a form": make_pdf(OpenAction=pdf_action("SubmitForm", F="http://x")),
    "PDF with a form of XFA": make_pdf(AcroForm=pdf_action("None", XFA="x")),
    "Word with macros": make_docx(**{"word/vbaProject.bin": b"\xd0\xcf"}),
    "Word with macros elsewhere": make_docx(**{"other/VbaProject.xml": b"x"}),
    "Word with an object": make_docx(**{"word/embeddings/oleObject1.xml": b"x"}),
    "Word with ActiveX": make_docx(**{"word/activeX/activeX1.xml": b"x"}),
    "Word with a page": make_docx(**{"word/chunk.html": b"x"}),
    "Word that says it has macros": make_zip(
        docx_parts(
            more_types='<Override PartName="/a" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'
        )
    ),
    "Word that takes a template from afar": make_docx(
        **{"word/_rels/settings.xml.rels": RELS.format(TEMPLATE.format("https://evil.vn/a.dotm"))}
    ),
    "Word that takes a template from the neighbour": make_docx(
        **{"word/_rels/settings.xml.rels": RELS.format(TEMPLATE.format(r"\\\\evil\\a.dotm"))}
    ),
    "Word with a document type": make_docx(**{"word/_rels/a.rels": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
    "Word with a document type in letters of two bytes": make_docx(
        **{"word/_rels/a.rels": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode("utf-16")}
    ),
    "Word with another document in it": make_docx(
        **{"word/a.mht": b"x", "word/_rels/document.xml.rels": RELS.format(CHUNK)}
    ),
    "Word outside its folder": make_docx(**{"../../etc/passwd": b"x"}),
    "Word that unpacks for ever": make_docx(**{"word/media/a.png": bytes(filetypes.MOST_UNPACKED + 1)}),
    "Word with many parts": make_docx(**{f"word/{n}.xml": b"" for n in range(filetypes.MOST_PARTS)}),
    "Word with a comment behind": make_zip(docx_parts(), comment=b"<script>"),
    "Word with something behind": make_docx() + b"<script>alert(1)</script>",
    "Word with something in front": b"PK\x03\x04%PDF-1.7" + make_docx(),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_with_what_is_accepted(database, data):
    with pytest.raises(InvalidInput) as refused:
        keep(data, "giay-to.pdf")
    assert filetypes.ACCEPTED in refused.value.message
    assert blobs() == []


def test_an_archive_that_lies_about_its_sizes_is_refused(database):
    honest = make_docx(**{"word/media/a.png": bytes(5_000_000)})
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        size = archive.getinfo("word/media/a.png").file_size
    with pytest.raises(InvalidInput):
        keep(honest.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))


def test_an_empty_file_and_a_large_one_are_refused(database):
    with pytest.raises(InvalidInput, match="trống"):
        keep(b"")
    with pytest.raises(TooLarge, match="10 MB"):
        keep(make_pdf() + b"\n" * storage.LARGEST)


def test_a_photo_loses_its_place_and_stands_upright(database):
    photo = make_photo()
    assert Image.open(io.BytesIO(photo)).getexif()
    data = storage.read(keep(photo + b"<?php evil(); ?>").id)
    picture = Image.open(io.BytesIO(data))
    assert (picture.size, dict(picture.getexif())) == ((40, 80), {})
    assert picture.getpixel((20, 5))[0] > 200 > picture.getpixel((20, 5))[1], "what was left is on top now"
    for trace in (b"MOTCUA", b"Exif", b"php"):
        assert trace not in data


def test_a_moving_picture_keeps_its_first_frame(database):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    assert getattr(Image.open(io.BytesIO(storage.read(keep(out.getvalue()).id))), "n_frames", 1) == 1


def test_the_same_content_is_kept_once_and_has_two_ids(database):
    first, second = keep(make_pdf("a"), "một.pdf"), keep(make_pdf("a"), "hai.pdf")
    assert first.id != second.id
    assert (first.sha256, blobs()) == (second.sha256, [first.sha256])
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(storage.StoredFile)) == 2


def test_what_is_rolled_back_is_not_found(database):
    with pytest.raises(RuntimeError), transaction():
        kept = keep(make_pdf())
        raise RuntimeError
    with pytest.raises(NotFound):
        storage.info(kept.id)


@pytest.mark.parametrize("file_id", ["", "x", "../../../../etc/passwd", "a" * 22, "a" * 5000, "\x00" * 22])
def test_an_unknown_id_is_not_found(database, file_id):
    for ask in (storage.info, storage.read, storage.small):
        with pytest.raises(NotFound):
            ask(file_id)


def test_a_blob_that_is_gone_is_not_found(database):
    kept = keep(make_pdf())
    next(path for path in settings().storage.rglob("*") if path.is_file()).unlink()
    with pytest.raises(NotFound):
        storage.read(kept.id)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Đơn đề nghị.PDF", "Đơn đề nghị.pdf"),
        (unicodedata.normalize("NFD", "Giấy tờ.pdf"), "Giấy tờ.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        (r"C:\Documents\đơn.pdf", "đơn.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie x=1.pdf"),
        ("don\u202efdp.exe", "donfdp.exe.pdf"),
        ("", "tep.pdf"),
        (".pdf", "tep.pdf"),
        ('"<b>".pdf', "b.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)
def test_a_name_is_cleaned(name, kept):
    assert storage.clean_name(name, filetypes.PDF) == kept


def test_a_thumbnail_is_small_and_made_once(database):
    kept = keep(make_image("PNG", (1200, 300), mode="RGBA"))
    made = storage.small(kept.id)
    assert Image.open(io.BytesIO(made)).size == (320, 80)
    assert blobs() == sorted([kept.sha256, f"{kept.sha256}-small"])
    assert storage.small(kept.id) == made


def test_what_is_no_picture_has_no_thumbnail(database):
    with pytest.raises(NotFound):
        storage.small(keep(make_pdf()).id)
    with pytest.raises(NotFound):
        storage.shrunk(keep(make_pdf()).id, 1000)


def test_a_large_picture_is_shrunk_only_as_far_as_it_must(database):
    noise = Image.frombytes("RGB", (1800, 1200), random.Random(1).randbytes(1800 * 1200 * 3))
    out = io.BytesIO()
    noise.save(out, "PNG")
    kept = keep(out.getvalue())
    made = storage.shrunk(kept.id, 900_000)
    assert kept.size > 900_000 >= len(made)
    assert Image.open(io.BytesIO(made)).width == 1280, "1600 would have been too much"
    assert storage.shrunk(kept.id, 900_000) == made
    assert len(blobs()) == 2, "made once"
    photo = Image.open(io.BytesIO(storage.shrunk(keep(make_photo()).id, 1024 * 1024)))
    assert photo.size == (40, 80), "neither larger nor lying on its side"
    assert not dict(photo.getexif())


@pytest.mark.parametrize("head", [b"GIF87a", b"GIF89a"])
def test_a_moving_picture_is_refused_politely(head):
    with pytest.raises(InvalidInput) as refused:
        filetypes.clean(head + bytes(40))
    assert refused.value.message.startswith("Ảnh động")


@pytest.fixture
def client(database):
    app = Flask("test")
    http.install(app, max_body=1000)

    @app.get("/<file_id>")
    @public("test")
    def show(file_id):
        from flask import request

        return http.file_response(file_id, download="d" in request.args, small="s" in request.args)

    @app.post("/few")
    @public("test")
    def few():
        from flask import request

        return {"files": len(request.files)}

    @app.post("/many")
    @public("test")
    @http.accepts_files(2)
    def many():
        from flask import request

        return {"files": len(request.files)}

    return app.test_client()


def test_pictures_and_pdfs_show_and_nothing_in_them_can_act(client):
    for data in (make_image("PNG"), make_pdf()):
        answer = client.get(f"/{keep(data).id}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.mimetype in (filetypes.PNG, filetypes.PDF)


def test_a_word_file_is_only_ever_saved_and_keeps_its_vietnamese_name(client):
    answer = client.get(f"/{keep(make_docx(), 'Đơn đề nghị (bản 2).docx').id}")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert 'filename="Don de nghi (ban 2).docx"' in disposition
    assert "filename*=UTF-8''%C4%90%C6%A1n%20%C4%91%E1%BB%81%20ngh%E1%BB%8B%20%28b%E1%BA%A3n%202%29.docx" in disposition
    assert client.get(f"/{keep(make_pdf()).id}?d").headers["Content-Disposition"].startswith("attachment")


def test_a_thumbnail_is_answered_as_jpeg(client):
    answer = client.get(f"/{keep(make_image('PNG')).id}?s")
    assert (answer.status_code, answer.mimetype) == (200, filetypes.JPEG)


def test_only_a_view_that_says_so_takes_large_bodies(client):
    def sent(path, size):
        return client.post(path, data={"file": (io.BytesIO(bytes(size)), "a.pdf")}).status_code

    assert (sent("/few", 500), sent("/few", 5000)) == (200, 413)
    assert (sent("/many", 5000), sent("/many", 3 * storage.LARGEST)) == (200, 413)


def test_a_kept_pdf_still_opens(database):
    assert len(PdfReader(io.BytesIO(storage.read(keep(make_pdf("Đơn")).id))).pages) == 1


def test_what_a_full_disk_does_not_take_leaves_nothing_behind(database, monkeypatch):
    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    before = list(settings().storage.rglob("*"))
    with pytest.raises(OSError, match="No space"):
        keep(make_pdf("không đủ chỗ"))
    assert [path for path in settings().storage.rglob("*") if path.is_file() and path not in before] == []
