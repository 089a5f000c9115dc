"""Styles and scripts: our own, and those of others that were fetched at set-up and are served from here."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hub.entrypoints.pages.rendering import own_asset_version

OWN = Path(__file__).with_name("static")
FOREIGN = ("htmx.min.js",)
FOR_LONG = {"Cache-Control": "public, max-age=31536000, immutable"}


class Assets:
    """Where each file is. Without `folder` pages load nothing of others and reload instead of changing in place."""

    def __init__(self, folder: Path | None) -> None:
        self._foreign = {name: path for name in FOREIGN if folder and (path := folder / name).is_file()}
        own = {path.name: f"/assets/{path.name}?v={own_asset_version(path.name)}" for path in OWN.iterdir()}
        others = {name: f"/assets/foreign/{name}?v={int(path.stat().st_mtime)}" for name, path in self._foreign.items()}
        self._addresses = own | others

    def address(self, name: str) -> str | None:
        """The address of a file; none for a foreign one that was not fetched."""
        return self._addresses.get(name)

    def app(self) -> Starlette:
        """Serves them."""
        foreign = [
            Route(f"/foreign/{name}", lambda _, path=path: FileResponse(path, headers=FOR_LONG))
            for name, path in self._foreign.items()
        ]
        return Starlette(routes=[*foreign, Mount("/", app=_Lasting(directory=OWN))])


class _Lasting(StaticFiles):
    """Files whose address changes with them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(FOR_LONG)
        return response
