"""Every table in one place, for migrations and tests; nothing else should import this module."""

from importlib import import_module

from backend.database import Base

FEATURES = (
    "citizens",
    "complaints",
    "dossiers",
    "inbox",
    "messaging",
    "notifications",
    "organisation",
    "procedures",
    "ratings",
)

import_module("backend.audit")
import_module("backend.storage")
import_module("backend.complaints.public_models")
import_module("backend.dossiers.paper.models")
import_module("backend.inbox.teaching_models")
import_module("chat_gateway.telegram.models")
import_module("chat_gateway.zalo.models")
for feature in FEATURES:
    import_module(f"backend.{feature}.models")
import_module("sms_gateway.models")

ALL = Base.metadata
