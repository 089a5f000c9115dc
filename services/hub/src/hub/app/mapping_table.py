"""Many client files tied at once: all that a table names, or none of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from hub.adapters import files, software_files
from hub.app import connections
from hub.app.hub import Action
from hub.app.mapping import map_file
from hub.domain.client_file import ClientFile
from hub.domain.mapping_table import ID, Line, fault_at, refuse_lines
from hub.domain.problem import Fault, Refused
from qontable.database import Connection as Db


class Names:
    """What may be named in several ways, where one name may fit several."""

    def __init__(self, named: Iterable[Sequence[str | None]]) -> None:
        """Of each thing its id first, then its other names."""
        self._found: defaultdict[str, set[str]] = defaultdict(set)
        for identity, *others in named:
            for name in (identity, *others):
                if identity and name:
                    self._found[name.strip().casefold()].add(identity)

    def ids(self, name: str) -> set[str]:
        """The ids of all that are called so."""
        return self._found.get(name.strip().casefold(), set())


async def map_lines(action: Action, connection_id: str, lines: Sequence[Line]) -> int:
    """Tie what these lines name; a client file that is tied so already stays as it is. How many lines there were.

    A client file is named by its id, its code or its SIREN, a software file by its id or its code; where the software
    tells none, its code is taken as it is. Raises `Refused`: connection_unknown, connection_not_confirmed,
    connection_disabled, and table_refused with every line that cannot be followed, in which case nothing is tied.
    """
    connection = await connections.read(action.db, action.firm_id, connection_id)
    software, _ = await connections.read_connector(action.db, connection.connector)
    known = {file.file_id: file for file in await files.list_all(action.db, action.firm_id)}
    called = Names((file.file_id, file.code, file.siren) for file in known.values())
    there = (
        await _software_names(action.db, action.firm_id, connection_id) if software.sheet.lists_software_files else None
    )
    wishes: dict[str, tuple[Line, str]] = {}
    chosen: dict[str, tuple[Line, str]] = {}
    faults: list[Fault] = []
    for line in lines:
        try:
            file = _client_file(line, called, known)
            software_file_id = _software_file(line, there)
            _refuse_repeated(line, wishes.get(file.file_id), chosen.get(software_file_id))
            _refuse_tied_elsewhere(file, connection_id, software_file_id)
        except Refused as refused:
            faults.append(fault_at(line.number, refused))
        else:
            wishes[file.file_id] = chosen[software_file_id] = line, software_file_id
    faults += await _tie(action, connection_id, wishes)
    if faults:
        raise refuse_lines(sorted(faults, key=lambda fault: int(fault.where)))
    return len(lines)


async def _tie(action: Action, connection_id: str, wishes: dict[str, tuple[Line, str]]) -> list[Fault]:
    """Tie them in one order, so that two people's tables do not wait for each other; what was refused."""
    faults = []
    for file_id, (line, software_file_id) in sorted(wishes.items()):
        try:
            await map_file(
                action,
                file_id,
                connection_id=connection_id,
                software_file_id=software_file_id,
                siren_mismatch_confirmed=line.confirmed,
            )
        except Refused as refused:
            if refused.code.startswith("connection_"):
                raise
            faults.append(fault_at(line.number, refused))
    return faults


async def _software_names(db: Db, firm_id: str, connection_id: str) -> Names:
    listed = await software_files.list_known(db, firm_id, connection_id)
    return Names((file.software_file_id, file.code) for file in listed.values())


def _client_file(line: Line, called: Names, known: dict[str, ClientFile]) -> ClientFile:
    found = called.ids(line.file)
    if not found:
        raise Refused("table_file_unknown", file=line.file)
    if len(found) > 1:
        raise Refused("table_file_ambiguous", file=line.file, count=len(found))
    return known[next(iter(found))]


def _software_file(line: Line, there: Names | None) -> str:
    found = there.ids(line.software_file) if there else {line.software_file}
    if len(found) > 1:
        raise Refused("table_software_file_ambiguous", software_file=line.software_file, count=len(found))
    software_file_id = next(iter(found), "")
    if not ID.fullmatch(software_file_id):
        raise Refused("software_file_unknown", software_file_id=line.software_file)
    return software_file_id


def _refuse_repeated(line: Line, named: tuple[Line, str] | None, chosen: tuple[Line, str] | None) -> None:
    if named:
        raise Refused("table_file_twice", file=line.file, line=named[0].number)
    if chosen:
        raise Refused("table_software_file_twice", software_file=line.software_file, line=chosen[0].number)


def _refuse_tied_elsewhere(file: ClientFile, connection_id: str, software_file_id: str) -> None:
    """What is tied already is changed one by one: its page says what becomes of entries on their way."""
    if file.software_file is None:
        return
    if (file.connection_id, file.software_file.software_file_id) != (connection_id, software_file_id):
        raise Refused("table_file_mapped", file=file.name, software_file=file.software_file.name)
