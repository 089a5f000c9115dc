"""Analytic axes and their sections, whose ids an entry's distribution has to name."""

from typing import Any

from sandbox.adapters.books import axes, sections
from sandbox.software.myunisoft.call import Call, Route, vendor_id
from sandbox.software.myunisoft.errors import VendorError


async def list_axes(call: Call) -> Any:
    """`GET /analytics/axes`."""
    return [
        {
            "id_axe": axis.id,
            "code": axis.code,
            "label": axis.label,
            "id_societe": call.society.id,
            "id_section_default": None,
        }
        for axis in await axes(call.connection, call.society.id)
    ]


async def list_sections(call: Call) -> Any:
    """`GET /analytics/axes/{id_axe}/sections`."""
    wanted = vendor_id(call.query["id_axe"])
    if wanted not in {axis.id for axis in await axes(call.connection, call.society.id)}:
        raise VendorError("AXE2", call.query["id_axe"])
    return [
        {
            "id_section_analytique": section.id,
            "code": section.code,
            "label": section.label,
            "id_axe": section.axis_id,
            "account": None,
            "closed": False,
            "isdefault": False,
        }
        for section in await sections(call.connection, call.society.id)
        if section.axis_id == wanted
    ]


ROUTES = (
    Route("GET", "/analytics/axes", list_axes),
    Route("GET", "/analytics/axes/{id_axe}/sections", list_sections),
)
