"""Files that people upload: checked, cleaned, kept once by their content, found by a random id.

Who may see a file is decided by the feature that holds its id; this module knows no permissions. A blob is written
before its row, so a transaction that rolls back leaves at most a blob that nothing names.
"""

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend import clock, filetypes, text
from backend.database import Base, practice_folder, practising, reading, transaction
from backend.errors import InvalidInput, NotFound, TooLarge, Unavailable
from backend.logs import logger
from backend.settings import settings

if TYPE_CHECKING:
    from obstore.store import S3Store

log = logger(__name__)

LARGEST = 10 * 1024 * 1024
"""Bytes of one file."""
NAME_LENGTH = 120
ID_LENGTH = 22
_ID = re.compile(rf"[A-Za-z0-9_-]{{{ID_LENGTH}}}")
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('<>:"|?*\n', " "))


class StoredFile(Base):
    """One upload. The same content uploaded twice has two rows and one blob."""

    __tablename__ = "stored_file"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    """Of what is kept, which for images is not what was sent."""
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    """Bytes."""
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True)
class StoredInfo:
    """What is known of a file. `size` in bytes; `name` is safe to show and ends as its type does."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def is_image(self) -> bool:
        """True where a thumbnail can be had and the browser may show it."""
        return self.media_type in filetypes.IMAGES


class Blobs(Protocol):
    """Where the bytes are. Keys are our own (hexadecimal, dashes), never anybody's words."""

    def put(self, key: str, data: bytes) -> None:
        """Keep `data`, wholly or not at all; a key that is there already keeps what it has."""

    def get(self, key: str) -> bytes | None:
        """What `put` kept, None when there is nothing."""


class Folder:
    """Blobs in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, key: str) -> Path:
        return self._root / key[:2] / key[2:4] / key

    def put(self, key: str, data: bytes) -> None:
        """Write beside and rename: a reader, or a crash, never sees half a file."""
        path = self._path(key)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except OSError:  # a full disk must not be kept full by what did not fit
                Path(file.name).unlink()
                raise

    def get(self, key: str) -> bytes | None:
        """The bytes of the file of this name."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None


class Bucket:
    """Blobs in an S3-compatible bucket, which many machines may share."""

    def __init__(self, store: "S3Store") -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        """One request, whole or not at all. The key names the content, so a second writer writes the same."""
        with _reachable():
            self._store.put(key, data, use_multipart=False)

    def get(self, key: str) -> bytes | None:
        """The bytes of the object of this name. Raises Unavailable."""
        with _reachable():
            try:
                return self._store.get(key).bytes().to_bytes()
            except FileNotFoundError:
                return None


@contextmanager
def _reachable() -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError) as error:
        log.error("bucket failed", error=type(error).__name__)
        raise Unavailable from None  # the library's words name the address


@lru_cache
def _bucket() -> Bucket:
    from obstore.store import S3Store  # takes long to import, and most houses have none

    chosen = settings()
    return Bucket(
        S3Store(
            chosen.storage_s3_bucket,
            prefix=chosen.storage_s3_prefix or None,
            endpoint=chosen.storage_s3_endpoint or None,
            region=chosen.storage_s3_region,
            access_key_id=chosen.storage_s3_key_id,
            secret_access_key=chosen.storage_s3_secret.get_secret_value(),
            virtual_hosted_style_request=False,
            client_options={"allow_http": chosen.storage_s3_endpoint.startswith("http://"), "timeout": "20s"},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
        )
    )


def blobs() -> Blobs:
    """Where this process keeps files; what beginners practise with never leaves the machine."""
    if practising():
        return Folder(practice_folder() / "files")
    return _bucket() if settings().storage_s3_bucket else Folder(settings().storage)


@dataclass(frozen=True)
class Kept:
    """A file that is checked and whose bytes are kept, but that no row names yet: see `add`."""

    sha256: str
    media_type: str
    size: int
    name: str


def store(data: bytes, name: str, *, actor: str) -> StoredInfo:
    """Check, clean and keep an upload. `actor` as in the audit: `officer:<id>`, `applicant`, `conversation:<id>`.

    Raises TooLarge over `LARGEST` bytes, InvalidInput for what is not accepted; both say so in a plain sentence. May
    take a second for a large photo: call it before opening a transaction.
    """
    return add(keep(data, name), actor=actor)


def keep(data: bytes, name: str) -> Kept:
    """The first, slow half of `store`: everything but the row. Raises as `store` does."""
    if len(data) > LARGEST:
        raise TooLarge(f"Tệp quá lớn. Mỗi tệp tối đa {LARGEST // 1024 // 1024} MB.")
    if not data:
        raise InvalidInput("Tệp trống. Anh/chị chọn lại tệp.")
    clean = filetypes.clean(data)
    sha256 = hashlib.sha256(clean.data).hexdigest()
    blobs().put(sha256, clean.data)
    return Kept(sha256, clean.media_type, len(clean.data), clean_name(name, clean.media_type))


def add(kept: Kept, *, actor: str) -> StoredInfo:
    """The second half of `store`: the row, in the caller's transaction where there is one."""
    row = StoredFile(
        id=secrets.token_urlsafe(16),
        sha256=kept.sha256,
        media_type=kept.media_type,
        size=kept.size,
        name=kept.name,
        created_at=clock.now(),
        actor=actor,
    )
    with transaction() as session:
        session.add(row)
        session.flush()
        return _info(row)


def info(file_id: str) -> StoredInfo:
    """What is known of a file. Raises NotFound."""
    with reading() as session:
        row = session.get(StoredFile, file_id) if _ID.fullmatch(file_id) else None
        if row is None:
            raise NotFound("Không tìm thấy tệp này.")
        return _info(row)


def read(file_id: str) -> bytes:
    """The bytes of a file. Raises NotFound."""
    return _blob(info(file_id).sha256)


def small(file_id: str) -> bytes:
    """A thumbnail of an image as JPEG, made at the first asking. Raises NotFound for what is no image."""
    return _made_of(file_id, "small", filetypes.small, "Tệp này không có hình xem trước.")


def shrunk(file_id: str, most_bytes: int) -> bytes:
    """An image as JPEG of at most `most_bytes`, made at the first asking. Raises NotFound for what is no image."""
    make = partial(filetypes.shrunk, most_bytes=most_bytes)
    return _made_of(file_id, f"most-{most_bytes}", make, "Tệp này không phải là ảnh.")


def _made_of(file_id: str, what: str, make: Callable[[bytes], bytes], no_image: str) -> bytes:
    """What was made of an image before, beside its original, or is made now."""
    found = info(file_id)
    if not found.is_image:
        raise NotFound(no_image)
    key = f"{found.sha256}-{what}"
    made = blobs().get(key)
    if made is None:
        made = make(_blob(found.sha256))
        blobs().put(key, made)
    return made


def _blob(sha256: str) -> bytes:
    data = blobs().get(sha256)
    if data is None:
        raise NotFound("Không tìm thấy tệp này.")
    return data


def _info(row: StoredFile) -> StoredInfo:
    return StoredInfo(row.id, row.name, row.media_type, row.size, row.sha256)


def clean_name(name: str, media_type: str) -> str:
    """A name to show and to save under: no path or invisible letters, at most `NAME_LENGTH`, the ending of its type."""
    last = text.normalise(name.replace("\\", "/").rsplit("/", 1)[-1]).translate(_NOT_IN_NAMES)
    last = " ".join(last.split()).rstrip(". ")
    endings = filetypes.ENDINGS[media_type]
    known = next((ending for ending in endings if last.lower().endswith(ending)), "")
    stem = last[: len(last) - len(known)].strip(". ") or "tep"
    ending = known or endings[0]
    return stem[: NAME_LENGTH - len(ending)].strip() + ending
