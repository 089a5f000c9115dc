"""Every route of the stand-in below the API's base."""

from sandbox.software.cegid_loop import entries, imports, reads
from sandbox.software.cegid_loop.call import Route

ROUTES: tuple[Route, ...] = (*reads.ROUTES, *entries.ROUTES, *imports.ROUTES)
BY_NAME = {route.name: route for route in ROUTES}
