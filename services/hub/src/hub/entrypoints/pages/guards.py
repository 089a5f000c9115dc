"""Who may do what on the pages: as the API has it."""

from hub.domain.problem import Refused
from hub.entrypoints.pages.session import Visitor


def administrators_only(visitor: Visitor) -> None:
    """Raises `Refused` administrators_only."""
    if not visitor.is_administrator:
        raise Refused("administrators_only")
