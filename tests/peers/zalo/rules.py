"""What Zalo promises and forbids, in numbers. Sections are those of `reference/channels.md`."""

HOUR = 3_600
DAY = 24 * HOUR

# 1.1 Webhook transport
RETRY_AFTER = (30, 300, 900, 1_800, 3_600)
"""Seconds to each repetition; then the webhook is switched off."""
ANSWER_SECONDS = 2.0

# 1.4 Consultation messages and uploads
LONGEST_TEXT = 2_000
MOST_BUTTONS = 5
LONGEST_PAYLOAD = 1_000
LONGEST_TITLE = 100
LONGEST_SUBTITLE = 500
BUTTON_TYPES = {"oa.query.show", "oa.query.hide", "oa.open.url", "oa.open.phone", "oa.open.sms"}
LARGEST_IMAGE = 1024 * 1024
LARGEST_FILE = 5 * 1024 * 1024
IMAGE_TYPES = {"image/jpeg", "image/png"}
FILE_ENDINGS = (".pdf", ".doc", ".docx", ".csv")
UPLOADS_A_MONTH = 5_000
UPLOADS_LIVE = 7 * DAY

# 1.5 Windows and quotas
FREE_FOR = 48 * HOUR
OPEN_FOR = 7 * DAY
CALLS_A_MINUTE = 4_000
NIGHT = (22, 6)
"""Hours (Vietnam) between which a promotion or a template by phone is refused, where the world is told to be strict."""

# 1.6 Tokens
ACCESS_LIVES = 25 * HOUR
REFRESH_LIVES = 90 * DAY
CODE_LIVES = 600
VERIFIER_LENGTH = 43

# 1.7 and 1.8 Codes
OK = 0
RATE_LIMIT = -32
EXPIRED_ATTACHMENT = -100
BAD_PARAMETER = -201
NOT_FOLLOWING = -213
BAD_TOKEN = -216
CLOSED = -230
NIGHT_OA = -234
OUT_OF_QUOTA = -211
BAD_PHONE = -108
BAD_TEMPLATE = -109
NO_DATA = -111
PARAM_LONG = -1121
PARAM_MISSING = -1122
CANNOT_RECEIVE = -114
NO_ACCOUNT = -118
TEMPLATE_TOKEN = -124
NOT_APPROVED = -131
NIGHT_TEMPLATE = -133
DAILY_LIMIT = -144
NOT_BY_ID = -249
BAD_REFRESH = -14014
BAD_CODE = -14010
LONGEST_TRACKING = 48
