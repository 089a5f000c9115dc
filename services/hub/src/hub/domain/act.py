"""The audit log: who did what, to what, when."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class Act(BaseModel):
    """One line of the audit log. `details` holds no credential, label or amount."""

    at: datetime
    user_id: str
    action: str
    subject: str
    details: dict[str, Any]
