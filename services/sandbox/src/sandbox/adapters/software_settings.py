"""What is switched in a stand-in software for one client file, and that file's clock."""

from typing import Any

from qontable.database import Connection


async def settings_of(connection: Connection, file_id: int) -> dict[str, Any]:
    """What was switched; what was not is the software's own default."""
    found = await connection.fetchval("select settings from software_settings where software_file_id = $1", file_id)
    return dict(found or {})


async def change_settings(connection: Connection, file_id: int, changes: dict[str, Any]) -> None:
    """Switch these; what is not named stays."""
    await connection.execute(
        """
        insert into software_settings (software_file_id, settings) values ($1, $2)
        on conflict (software_file_id) do update set settings = software_settings.settings || excluded.settings
        """,
        file_id,
        changes,
    )


async def move_clock(connection: Connection, file_id: int, seconds: float) -> None:
    """Put the file's clock so many seconds further ahead."""
    await connection.execute(
        """
        insert into software_settings (software_file_id, clock_ahead) values ($1, $2)
        on conflict (software_file_id) do update
        set clock_ahead = software_settings.clock_ahead + excluded.clock_ahead
        """,
        file_id,
        seconds,
    )
