"""What can go wrong, as one tree. Each class says when it is raised; `backend/http.py` maps it to an answer.

MotCuaError
├── InvalidInput      422  the request is malformed or breaks a rule of its schema
├── Unauthenticated   401  no or wrong credentials
├── Forbidden         403  known, but may not (role, agency, signature of a provider)
├── NotFound          404  no such thing, or not for the one who asks: both look alike on purpose
├── Conflict          409  the state moved on: illegal transition, lost race, repeated key with other content
├── TooLarge          413  the body is over the limit of its entry point
├── TooMany           429  one asker sends faster than is good for the others
└── Unavailable       503  a part we depend on does not answer; trying again later is right
"""

from typing import ClassVar


class MotCuaError(Exception):
    """Base of all errors of ours. `message` is safe to show to the one who asked, in Vietnamese."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    default: ClassVar[str] = "Hệ thống gặp lỗi. Vui lòng thử lại sau."

    def __init__(self, message: str | None = None, *, fields: list[dict[str, str]] | None = None) -> None:
        super().__init__(message or self.default)
        self.message = message or self.default
        self.fields = fields or []


class InvalidInput(MotCuaError):
    """A value is missing, of the wrong type or against a rule; `fields` names which and why."""

    status, code, default = 422, "invalid_input", "Thông tin gửi lên chưa đúng."


class Unauthenticated(MotCuaError):
    """Credentials are missing or wrong."""

    status, code, default = 401, "unauthenticated", "Cần đăng nhập."


class Forbidden(MotCuaError):
    """The asker is known, or claims to be, and may not do this."""

    status, code, default = 403, "forbidden", "Không có quyền thực hiện việc này."


class NotFound(MotCuaError):
    """Nothing of that name for this asker."""

    status, code, default = 404, "not_found", "Không tìm thấy."


class Conflict(MotCuaError):
    """The thing changed meanwhile, or its state does not allow this."""

    status, code, default = 409, "conflict", "Thông tin vừa được người khác thay đổi."


class TooLarge(MotCuaError):
    """The body is over the limit."""

    status, code, default = 413, "too_large", "Nội dung gửi lên quá lớn."


class TooMany(MotCuaError):
    """The asker should wait a little."""

    status, code, default = 429, "too_many", "Anh/chị gửi hơi nhanh. Vui lòng thử lại sau một phút."


class Unavailable(MotCuaError):
    """An inner service does not answer."""

    status, code, default = 503, "unavailable", "Hệ thống đang bận. Vui lòng thử lại sau ít phút."
