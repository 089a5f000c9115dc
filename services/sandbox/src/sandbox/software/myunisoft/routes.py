"""Every route of the stand-in below `/api/v1`."""

from sandbox.software.myunisoft import accounts, analytics, diaries, documents, entries, exercices, mad, societies
from sandbox.software.myunisoft.call import Route
from sandbox.software.myunisoft.keys import key_info

_DATA: tuple[Route, ...] = (
    *societies.ROUTES,
    *accounts.ROUTES,
    *diaries.ROUTES,
    *exercices.ROUTES,
    *analytics.ROUTES,
    *entries.ROUTES,
    *mad.ROUTES,
    *documents.ROUTES,
)

ROUTES: tuple[Route, ...] = (*_DATA, key_info(_DATA))
BY_NAME = {route.name: route for route in ROUTES}
