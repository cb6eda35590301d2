"""Zalo as a channel of messaging: consultation messages while the window is open, approved templates beyond it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Any

from backend import clock, storage
from backend.errors import NotFound
from backend.filetypes import JPEG, PNG
from backend.logs import logger
from backend.messaging import fetching
from backend.messaging import service as messaging
from backend.messaging.channels import (
    Ask,
    Channel,
    Extras,
    Fetched,
    Health,
    Outgoing,
    Rejected,
    Rendered,
    Reply,
    Sent,
    Template,
    Undecided,
    Window,
)
from chat_gateway.zalo import codes, health, parts, rendering, templates
from chat_gateway.zalo.buttons import buttons
from chat_gateway.zalo.client import Client, Data, ZaloError, meaning
from chat_gateway.zalo.settings import zalo_settings

log = logger(__name__)

FREE_FOR = timedelta(hours=48)
OPEN_FOR = timedelta(days=7)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

SEND_PATH = "/v3.0/oa/message/cs"
TEMPLATE_BY_ID_PATH = "/v3.0/oa/message/template"
IMAGE_PATH, FILE_PATH = "/v2.0/oa/upload/image", "/v2.0/oa/upload/file"
LARGEST_IMAGE = 1024 * 1024
LARGEST_FILE = 5 * 1024 * 1024
FILE_ENDINGS = (".pdf", ".doc", ".docx", ".csv")
ASK_TITLE = "Chia sẻ số điện thoại"
ASK_SUBTITLE = "Anh/chị bấm vào đây để gửi số điện thoại, em tra cứu hồ sơ giúp anh/chị."

FREE, PAID, TEMPLATE = "zalo", "zalo_paid", "zalo_template"
"""What the ledger notes as provider: which of Zalo's prices a message cost."""


class ZaloChannel(Channel):
    """The Official Account's own conversations; an address is the citizen's id there. Make one per process."""

    name = "zalo"
    max_choices = rendering.MOST_CHOICES

    def __init__(self, client: Client | None = None) -> None:
        self._client = client or Client(zalo_settings())
        self._templates = templates.Templates(self._client)

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """Always accented; see `chat_gateway.zalo.rendering`."""
        return rendering.render(reply)

    def carries(self, file: storage.StoredInfo) -> bool:
        """Pictures, which are made small enough, and the documents that Zalo takes."""
        return file.is_image or (file.size <= LARGEST_FILE and file.name.lower().endswith(FILE_ENDINGS))

    def window(self, heard_at: datetime | None) -> Window:
        """Free for 48 hours after the citizen was heard of, billed until 7 days, closed then."""
        if heard_at is None:
            return Window(NEVER, NEVER)
        return Window(heard_at + FREE_FOR, heard_at + OPEN_FOR)

    def send(self, outgoing: Outgoing) -> Sent:
        """One message, in as many bubbles as it takes; a later try goes on where this one ended."""
        window = self.window(messaging.view(outgoing.conversation_id).heard_at)
        now = clock.now()
        if window.closes_at is not None and now >= window.closes_at:
            return self._send_template(outgoing, "window_closed")
        try:
            sent_id = self._send_parts(outgoing)
        except ZaloError as error:
            if error.code in codes.NO_LONGER_OPEN:
                return self._send_template(outgoing, str(error.code))
            raise meaning(error, self._oa_id, outgoing.attempts) from error
        free = window.free_until is None or now < window.free_until
        return Sent(sent_id, FREE if free else PAID)

    @property
    def _oa_id(self) -> str:
        return self._client.settings.zalo_oa_id

    # --- consultation messages ----------------------------------------------------------------------------

    def _send_parts(self, outgoing: Outgoing) -> str:
        """Zalo's id of the last part. Its receipt is the message's: what comes last has everything before it."""
        taken, sent_id = parts.taken(outgoing.id), ""
        for position, message in enumerate(self._messages(outgoing)):
            sent_id = taken.get(position, "")
            if not sent_id:
                body = {"recipient": {"user_id": outgoing.address}, "message": self._with_files(message)}
                sent_id = _id_of(self._client.post(SEND_PATH, body))
                parts.note(outgoing.id, position, sent_id)
        if not sent_id:
            raise Rejected("nothing to send", "empty")
        return sent_id

    def _messages(self, outgoing: Outgoing) -> Iterator[dict[str, Any]]:
        """The bubbles, the same ones at every try; files are named by `_file` until they are uploaded."""
        files = [file for file in _known(outgoing.extras.files) if self.carries(file)]
        pressed = buttons(outgoing.offered, outgoing.extras.links)
        texts = rendering.bubbles(outgoing.body)
        for part in texts[:-1]:
            yield {"text": part}
        last = {"text": texts[-1]} if texts else {}
        if pressed and texts:
            yield last | {"attachment": {"type": "template", "payload": {"buttons": pressed}}}
        elif texts and files and files[0].is_image:  # one bubble for a picture with its words
            yield last | {"_file": files.pop(0)}
        elif texts:
            yield last
        yield from ({"_file": file} for file in files)
        if outgoing.extras.ask == Ask.PHONE and self._client.settings.zalo_info_picture_url:
            yield {"attachment": {"type": "template", "payload": self._request()}}

    def _request(self) -> dict[str, Any]:
        picture = self._client.settings.zalo_info_picture_url
        card = {"title": ASK_TITLE, "subtitle": ASK_SUBTITLE, "image_url": picture}
        return {"template_type": "request_user_info", "elements": [card]}

    def _with_files(self, message: dict[str, Any]) -> dict[str, Any]:
        """`message` with its file at Zalo; uploaded anew at every try, as Zalo forgets files after a week."""
        file = message.get("_file")
        if not isinstance(file, storage.StoredInfo):
            return message
        rest = {name: value for name, value in message.items() if name != "_file"}
        if file.is_image:
            uploaded = self._client.upload(IMAGE_PATH, *_picture(file))
            element = {"media_type": "image", "attachment_id": str(uploaded.get("attachment_id", ""))}
            payload = {"template_type": "media", "elements": [element]}
            return rest | {"attachment": {"type": "template", "payload": payload}}
        uploaded = self._client.upload(FILE_PATH, file.name, storage.read(file.id), file.media_type)
        return rest | {"attachment": {"type": "file", "payload": {"token": str(uploaded.get("token", ""))}}}

    # --- templates ------------------------------------------------------------------------------------------

    def _send_template(self, outgoing: Outgoing, why: str) -> Sent:
        """The notice by its approved template, to the citizen's id. Raises Rejected where there is none."""
        template = outgoing.extras.template
        if template is None or not self._templates.has(template):
            raise Rejected("the citizen was not heard of for too long", why)
        try:
            approved = self._templates.filled(template)
            body = {"user_id": outgoing.address, "template_id": approved.id, "template_data": approved.values}
            return Sent(_id_of(self._client.post(TEMPLATE_BY_ID_PATH, body)), TEMPLATE)
        except ZaloError as error:
            raise meaning(error, self._oa_id, outgoing.attempts, has_alternative=True) from error

    # --- files of citizens ----------------------------------------------------------------------------------

    def fetch(self, reference: str) -> Fetched:
        """A file that a citizen sent, by the address that the webhook named."""
        hosts = self._client.settings.file_hosts
        return Fetched(fetching.download(reference, hosts=hosts, most_bytes=storage.LARGEST))

    def health(self) -> Health:
        """Tokens, windows and allowances."""
        return health.of_account(self._oa_id)


def _known(file_ids: Sequence[str]) -> list[storage.StoredInfo]:
    known = []
    for file_id in file_ids:
        try:
            known.append(storage.info(file_id))
        except NotFound:
            log.warning("file to send is gone")
    return known


def _picture(file: storage.StoredInfo) -> tuple[str, bytes, str]:
    """Name, bytes and type of a picture as Zalo takes it; what is too large or a WebP becomes a smaller JPEG."""
    if file.size <= LARGEST_IMAGE and file.media_type in (JPEG, PNG):
        return file.name, storage.read(file.id), file.media_type
    return f"{PurePath(file.name).stem}.jpg", storage.shrunk(file.id, LARGEST_IMAGE), JPEG


def _id_of(data: Data) -> str:
    sent_id = data.get("message_id") or data.get("msg_id")
    if not isinstance(sent_id, str | int) or isinstance(sent_id, bool) or not str(sent_id):
        raise Undecided("zalo's answer names no message")
    return str(sent_id)[:128]


class ZaloTemplateChannel(Channel):
    """Approved templates to a phone number, for those who never wrote to the Official Account; an address is `84…`."""

    name = "zns"
    max_choices = 0
    answers = False

    def __init__(self, client: Client | None = None) -> None:
        self._client = client or Client(zalo_settings())
        self._templates = templates.Templates(self._client)

    def render(self, reply: Reply, *, accents: bool) -> Rendered:
        """The words as officers see them in the ledger; what goes out is the template."""
        return Rendered(reply.text, extras=Extras(template=reply.template))

    def can_tell(self, template: Template) -> bool:
        """Whether there is an approved template for this notice."""
        return self._templates.has(template)

    def send(self, outgoing: Outgoing) -> Sent:
        """One template. Whatever cannot be sent is Rejected, so that the next channel is tried."""
        if outgoing.extras.template is None:
            raise Rejected("only templates go out here", "no_template")
        approved = None
        try:
            approved = self._templates.filled(outgoing.extras.template)
            body: dict[str, Any] = {
                "phone": outgoing.address.lstrip("+"),
                "template_id": approved.id,
                "template_data": approved.values,
                "tracking_id": str(outgoing.id),
                "sending_mode": "1",
            }
            if self._client.settings.zalo_template_mode:
                body["mode"] = self._client.settings.zalo_template_mode
            return Sent(_id_of(self._client.post(templates.SEND_PATH, body, templates=True)), self.name)
        except ZaloError as error:
            oa_id = self._client.settings.zalo_oa_id
            raise meaning(error, oa_id, outgoing.attempts, has_alternative=True) from error

    def health(self) -> Health:
        """Which templates there are."""
        return health.of_templates(self._templates)
