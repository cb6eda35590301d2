"""Invented people of the Central Highlands, for made-up dossiers: Kinh, Ê Đê, M'nông, Tày, Nùng and Thái names."""

from random import Random

_SURNAMES = (
    ("Nguyễn", 31), ("Trần", 11), ("Lê", 10), ("Phạm", 7), ("Hoàng", 5), ("Huỳnh", 4), ("Phan", 4), ("Vũ", 4),
    ("Võ", 3), ("Đặng", 3), ("Bùi", 3), ("Đỗ", 3), ("Hồ", 2), ("Ngô", 2), ("Dương", 2), ("Lý", 1), ("Đinh", 1),
)  # fmt: skip
_MEN = ("Văn", "Đức", "Minh", "Hữu", "Quốc", "Xuân", "Thanh", "Ngọc", "Công", "Đình")
_WOMEN = ("Thị", "Thị Ngọc", "Thị Thanh", "Thu", "Kim", "Bích", "Thị Mỹ", "Hồng", "Diệu", "Thùy")
_GIVEN_MEN = (
    "An", "Bình", "Cường", "Dũng", "Đạt", "Giang", "Hải", "Hiếu", "Hùng", "Khoa", "Lâm", "Long", "Mạnh", "Nam", "Phúc",
    "Quang", "Sơn", "Tài", "Thắng", "Thịnh", "Trung", "Tuấn", "Việt", "Vinh",
)  # fmt: skip
_GIVEN_WOMEN = (
    "Anh", "Chi", "Dung", "Duyên", "Hà", "Hạnh", "Hiền", "Hoa", "Hương", "Lan", "Linh", "Loan", "Mai", "My", "Nga",
    "Nhung", "Oanh", "Phương", "Quyên", "Thảo", "Trang", "Trinh", "Uyên", "Yến",
)  # fmt: skip
_EDE_CLANS = (
    "Niê", "Niê Kđăm", "Mlô", "Êban", "Byă", "Ayŭn", "Kbuôr", "Ênuôl", "Kpă", "Hđơk", "Hwing", "Krông", "Buôn Yă",
)  # fmt: skip
_EDE_MEN = ("Bhiu", "Blang", "Djuang", "Khuê", "Mak", "Nguôt", "Rin", "Siu", "Suôp", "Thái", "Thuần", "Yon")
_EDE_WOMEN = ("Bia", "Blap", "Dah", "Duêc", "Linh", "Loan", "Mrai", "Ngan", "Nguên", "Rít", "Rôsa", "Wing")
_MNONG_CLANS = ("Bkrông", "Liêng Hót", "Rlik", "Lưk", "Ông", "Ndu", "Pang Ting", "Triêk", "Du", "Je", "Buôn Krông")
_MNONG_MEN = ("Đôn", "Jut", "Khăm", "Krang", "Mbôn", "Ngơi", "Tông", "Xuyên")
_MNONG_WOMEN = ("Ăm", "Brang", "Grêng", "Ju", "Mai", "Nhong", "Panh", "Thương")
_TAY_NUNG_THAI = ("Nông", "Hoàng", "Lò", "Vi", "Lương", "Triệu", "Ma", "Hà", "Long", "Bế", "Cầm", "Quàng")
_KINDS = (("kinh", 66), ("ede", 17), ("mnong", 5), ("tay", 12))


def name(chance: Random) -> str:
    """A full name."""
    man = chance.random() < 0.5
    match _weighted(chance, _KINDS):
        case "ede":
            return _highland(chance, man, _EDE_MEN if man else _EDE_WOMEN, _EDE_CLANS)
        case "mnong":
            return _highland(chance, man, _MNONG_MEN if man else _MNONG_WOMEN, _MNONG_CLANS)
        case "tay":
            return _lowland(chance, chance.choice(_TAY_NUNG_THAI), man)
        case _:
            return _lowland(chance, _weighted(chance, _SURNAMES), man)


def _highland(chance: Random, man: bool, given: tuple[str, ...], clans: tuple[str, ...]) -> str:
    first = f"Y {chance.choice(given)}" if man else f"H'{chance.choice(given)}"
    return f"{first} {chance.choice(clans)}"


def _lowland(chance: Random, surname: str, man: bool) -> str:
    middle, given = (_MEN, _GIVEN_MEN) if man else (_WOMEN, _GIVEN_WOMEN)
    return f"{surname} {chance.choice(middle)} {chance.choice(given)}"


def _weighted(chance: Random, choices: tuple[tuple[str, int], ...]) -> str:
    return chance.choices([value for value, _ in choices], [weight for _, weight in choices])[0]
