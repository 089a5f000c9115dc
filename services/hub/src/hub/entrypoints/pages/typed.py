"""What people typed in forms."""

from starlette.datastructures import FormData

from hub.domain.problem import Fault, Refused
from qontable.sheet import Sheet

FIELD = "field."


def typed_fields(sheet: Sheet, form: FormData) -> dict[str, str]:
    """The wizard's fields as they were typed, without the spaces that copying leaves around them."""
    return {item.name: str(form.get(f"{FIELD}{item.name}", "")).strip() for item in sheet.wizard}


def faults_by_field(refused: Refused | None) -> dict[str, Fault]:
    """Field → what is wrong with it."""
    faults = refused.faults if refused else []
    return {fault.where.removeprefix("fields."): fault for fault in faults}
