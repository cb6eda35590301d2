"""TT <words>: a procedure. GT, LP, TG, ND: papers, fee, time and place of the one spoken about.

"Lệ phí" in full is left to the assistant, which also knows what it has just offered.
"""

import json

from backend.errors import NotFound
from backend.messaging import service as messaging
from backend.messaging.channels import Choice, Reply
from backend.messaging.keywords import Context, Handler, command
from backend.procedures import service
from backend.procedures.schemas import Aspect

CHOICES = 5


@command("tt", "thu tuc", accepts=r"")
def bare(_context: Context, _argument: str) -> list[Reply]:
    """TT alone: how to use it."""
    return [Reply("Dạ, anh/chị nhắn TT và tên thủ tục. Ví dụ: TT khai sinh.")]


@command("tt", accepts=r".+")
def find(context: Context, argument: str) -> list[Reply]:
    """TT with words: the overview when they are clear, else what they may mean."""
    found = service.search(argument, limit=CHOICES)
    if found.decision == "none" or not found.hits:
        return [Reply("Dạ, em chưa tìm thấy thủ tục này. Anh/chị thử gọi tên khác, hoặc nhắn CB để gặp cán bộ.")]
    if found.decision == "sure":
        return [_told(context, found.hits[0].entry.code, "overview")]
    choices = tuple(Choice(hit.title, _payload(hit.entry.code)) for hit in found.hits)
    return [Reply(found.ask or "Dạ, anh/chị hỏi thủ tục nào ạ?", choices)]


def _payload(code: str) -> str:
    return f"/search_procedure{json.dumps({'procedure_code': code})}"


def _about(aspect: Aspect) -> Handler:
    def tell(context: Context, _argument: str) -> list[Reply]:
        code = messaging.current_procedure(context.conversation_id)
        if code is None:
            return [Reply("Dạ, anh/chị hỏi thủ tục nào ạ? Nhắn TT và tên thủ tục. Ví dụ: TT khai sinh.")]
        return [_told(context, code, aspect)]

    return tell


def _told(context: Context, code: str, aspect: Aspect) -> Reply:
    try:
        told = service.answer_in_conversation(context.conversation_id, code, aspect)
    except NotFound:  # it left the catalogue since it was spoken about
        return Reply("Dạ, thủ tục này không còn hiệu lực. Anh/chị nhắn TT và tên thủ tục để tìm lại.")
    more = "\nHỏi thêm: GT giấy tờ, LP lệ phí, TG thời gian, ND nơi nộp." if aspect == "overview" else ""
    # On SMS a link is a paid segment; what it is for is said in ND and in the overview.
    return Reply(told.text + more, links=() if context.channel == "sms" else told.links)


command("gt", accepts=r"")(_about("documents"))
command("lp", accepts=r"")(_about("fee"))
command("tg", accepts=r"")(_about("duration"))
command("nd", accepts=r"")(_about("place"))
