"""Every kind of reply, and every response of the domain, for the snapshots of all channels.

A snapshot is for people to read. After a change that is meant: `UPDATE_SNAPSHOTS=1`, and look at what git shows.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from backend.messaging.channels import Ask, Card, Choice, Link, Reply, merged
from backend.settings import ROOT

_LONG = (
    "Đăng ký kết hôn, các bước:\n"
    "1. Hai bên cùng đến bộ phận một cửa UBND cấp xã nơi một trong hai người cư trú, mang theo căn cước.\n"
    "2. Điền tờ khai đăng ký kết hôn; hai bên có thể khai chung một tờ.\n"
    "3. Cán bộ kiểm tra hồ sơ, xác minh tình trạng hôn nhân trên cơ sở dữ liệu hộ tịch.\n"
    "4. Hai bên ký vào sổ đăng ký và giấy chứng nhận kết hôn.\n"
    "Nguồn: Cổng DVC quốc gia, hiệu lực 01/07/2025."
)
_FILE = Link("Nộp hồ sơ qua mạng", "https://mot-cua.example.vn/nop/1.000894")
_CARD = Card(
    "Hồ sơ H15.24.316-261120-0012",
    ("Đăng ký khai sinh", "Đang được chuyên viên xử lý.", "Nơi xử lý: UBND phường Buôn Ma Thuột."),
)


def _choices(*titles: str) -> tuple[Choice, ...]:
    return tuple(Choice(title, "/x") for title in titles)


KINDS: dict[str, Reply] = {
    "words": Reply("Dạ, bộ phận một cửa làm việc từ 7 giờ 30 đến 11 giờ 30 và từ 13 giờ 30 đến 17 giờ."),
    "words for several pages": Reply("\n\n".join([_LONG] * 10)),
    "signs that not every channel has": Reply("Lệ phí: 8.000₫ – “nộp một lần”… 😀"),
    "short choices": Reply("Anh/chị thấy thế nào ạ?", _choices("Hài lòng", "Bình thường", "Không hài lòng")),
    "look-alikes": Reply(
        "Dạ, anh/chị hỏi thủ tục nào ạ?",
        _choices(
            "Đăng ký khai sinh",
            "Đăng ký lại khai sinh",
            "Đăng ký khai sinh có yếu tố nước ngoài tại khu vực biên giới",
            "Đăng ký khai sinh kết hợp đăng ký nhận cha, mẹ, con",
            "Không phải các mục trên",
        ),
    ),
    "more choices than most": Reply("Quán của anh/chị bán gì ạ?", _choices(*(f"Ngành nghề {n}" for n in range(1, 9)))),
    "a link": Reply("Đăng ký kết hôn nộp trực tuyến được một phần.", links=(_FILE,)),
    "choices and a link": Reply(_LONG, _choices("Lệ phí", "Thời gian giải quyết", "Nơi nộp hồ sơ"), (_FILE,)),
    "more links than buttons": Reply(
        "Các mẫu:", links=tuple(Link(f"Mẫu số {n}", f"https://mot-cua.example.vn/mau/{n}") for n in range(1, 8))
    ),
    "a card with its page and a choice": Reply(
        "Dạ, hồ sơ của anh/chị:",
        _choices("Xem hồ sơ khác"),
        (Link("Xem trang hồ sơ", "https://mot-cua.example.vn/hs/k3Jd9"),),
        _CARD,
    ),
    "a place that is asked for": Reply("Anh/chị nhắn thêm nơi xảy ra giúp em ạ.", ask=Ask.LOCATION),
    "a number that is asked for, with a choice": Reply(
        "Dạ, em chỉ báo hồ sơ cho số điện thoại đã ghi khi nộp.", _choices("Gặp cán bộ"), ask=Ask.PHONE
    ),
    "an officer's files": Reply("Em gửi mẫu để anh/chị điền ạ.", files=("a", "b")),
    "nothing but a file": Reply("", files=("a",)),
    "two things said in one turn": merged(
        [Reply("Khai sinh: không thu lệ phí nếu đúng hạn."), Reply("Làm trong ngày.", _choices("Nơi nộp hồ sơ"))]
    ),
    "two cards in one turn": merged([Reply("Dạ, anh/chị có:", card=_CARD), Reply("", card=Card("Hồ sơ 0013"))]),
}


def responses(channel: str) -> Iterator[tuple[str, Reply]]:
    """What the assistant says by itself on a channel, by name; the blanks are left as they are."""
    for path in sorted((ROOT / "nlu_data/responses").glob("*.yml")):
        for name, variants in yaml.safe_load(path.read_text("utf-8"))["responses"].items():
            own = [one["text"] for one in variants if one.get("channel") == channel]
            found = own or [one["text"] for one in variants if "channel" not in one]
            assert found, f"{channel} has no words for {name}"
            yield from ((name, Reply(text)) for text in found)


def cases(channel: str) -> list[tuple[str, Reply]]:
    """All of them, by name."""
    return [*KINDS.items(), *responses(channel)]


def check_snapshot(path: Path, channel: str, look: Callable[[Reply], str]) -> None:
    """Compare how a channel shows each case with the snapshot at `path`, or write that anew."""
    shown = "\n\n".join(f"# {name}\n{look(reply)}" for name, reply in cases(channel)) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, "utf-8")
    assert path.read_text("utf-8") == shown
