"""The body of an import: every rule of the vendor's page by its own message, every field by the contract's schema."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sandbox.software.cegid_loop.errors import MESSAGE_ROWS, ImportRefused
from sandbox.software.cegid_loop.groups import grouped
from sandbox.software.cegid_loop.import_body import ImportBody, read_import
from sandbox.software.cegid_loop.siret import check_sirets

from .bodies import SIRET, SISTER, STRANGER, invoice, line, numbered, request

SCHEMA = Path(__file__).parents[4] / ".." / "shared" / "contracts" / "cegid-loop"
Change = Callable[[dict[str, Any]], object]


def _data(**values: Any) -> Change:
    return lambda body: body["data"].update(values)


def _line(index: int = 0, **values: Any) -> Change:
    return lambda body: body["data"]["ecritures"][index].update(values)


def _without_context(body: dict[str, Any]) -> None:
    del body["data"]["contexte"]


ISO = "'YYYY-MM-DDTHH:mm:ss.SSSZ'"
DAY = "2026-03-12T00:00:00.000Z"
REFUSALS: dict[str, tuple[Change, str]] = {
    "no folder": (lambda body: body.pop("codeIbs"), "Le codeIbs n'est pas spécifié."),
    "no context": (_without_context, "Le contexte est obligatoire sans l'option multiPeriode"),
    "no data": (lambda body: body.pop("data"), "Le contexte est obligatoire sans l'option multiPeriode"),
    "empty entries": (_data(ecritures=[]), "Il n'y a pas d'écritures à importer (l'objet écritures est vide)"),
    "entries left out": (
        lambda body: body["data"].pop("ecritures"),
        "Il n'y a pas d'écritures à importer (l'objet écritures est vide)",
    ),
    "entries no array": (
        _data(ecritures={"a": 1}),
        "Les écritures doivent être présentées sous formes de tableau",
    ),
    "one line": (_data(ecritures=invoice()[:1]), "Le tableau d'écritures doit comporter au moins deux lignes"),
    "context with a day only": (
        _data(contexte={"from": "2026-03-01", "to": "2026-03-31"}),
        f"Les dates du contexte doivent être au format ISO {ISO}",
    ),
    "context without an end": (
        _data(contexte={"from": DAY}),
        f"Les dates du contexte doivent être au format ISO {ISO}",
    ),
    "context of an impossible day": (
        _data(contexte={"from": "2026-02-30T00:00:00.000Z", "to": DAY}),
        f"Les dates du contexte doivent être au format ISO {ISO}",
    ),
    "date of evidence": (
        _line(dateJustif="12/03/2026"),
        f"La date du justificatif doit être au format ISO {ISO}",
    ),
    "half a cut-off": (
        _line(debCutOff=DAY),
        "Les dates de début et fin de cut-off doivent être renseignées ensemble",
    ),
    "the other half": (
        _line(finCutOff=DAY),
        "Les dates de début et fin de cut-off doivent être renseignées ensemble",
    ),
    "start of cut-off": (
        _line(debCutOff="2026-03-12", finCutOff=DAY),
        f"La date de début de cut-off doit être au format ISO {ISO}",
    ),
    "end of cut-off": (
        _line(debCutOff=DAY, finCutOff="2026-03-12"),
        f"La date de fin de cut-off doit être au format ISO {ISO}",
    ),
    "SIRET of 13 digits": (
        _line(1, SIRET="7328293200007"),
        "Le numéro SIRET est invalide : il doit comporter 14 chiffres et respecter l'algorithme de Luhn"
        " sur l'écriture numéro 2",
    ),
    "SIRET that fails Luhn": (
        _line(2, SIRET="73282932000075"),
        "Le numéro SIRET est invalide : il doit comporter 14 chiffres et respecter l'algorithme de Luhn"
        " sur l'écriture numéro 3",
    ),
    "SIRET of the request": (
        lambda body: body.update(SIRET="1"),
        "Le numéro SIRET est invalide : il doit comporter 14 chiffres et respecter l'algorithme de Luhn",
    ),
}

MALFORMED: dict[str, Change] = {
    "amount as text": _line(debit={"amount": "100"}),
    "rate as number": _line(debit={"currencyRate": 1.0}),
    "payment mode 12": _line(modePaiement=12),
    "uuid": _line(ecritureOrigine="QTB-1"),
    "address": _line(fichier={"uri": "not an address"}),
    "null label": _line(libelle=None),
    "NUL": _line(libelle="a\0b"),
    "lone surrogate": _line(libelle="\ud800"),
    "axis without array": lambda body: body["data"]["ecritures"][0].update({"axeAna[PROJET]": {}}),
    "option as text": lambda body: body["data"]["options"].update(balanceAuto="false"),
    "line that is no object": lambda body: body["data"]["ecritures"].append(7),
    "folder as number": lambda body: body.update(codeIbs=4),
}


def _body() -> dict[str, Any]:
    return copy.deepcopy(request("DOS0042", invoice()))


def _refusal(body: Any) -> ImportRefused | None:
    try:
        read_import(body if isinstance(body, bytes) else json.dumps(body).encode())
    except ImportRefused as refusal:
        return refusal
    return None


@pytest.mark.parametrize("what", REFUSALS)
def test_refused_with_the_vendors_message(what: str) -> None:
    change, message = REFUSALS[what]
    body = _body()
    change(body)
    refusal = _refusal(body)
    assert refusal is not None
    assert refusal.message == message


@pytest.mark.parametrize("what", MALFORMED)
def test_refused_for_its_form(what: str) -> None:
    body = _body()
    MALFORMED[what](body)
    refusal = _refusal(body)
    assert refusal is not None
    assert refusal.name == "malformed"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"a": NaN}', b"\xff", b"null"])
def test_without_a_request_there_is_no_payload(body: bytes) -> None:
    refusal = _refusal(body)
    assert refusal is not None
    assert refusal.message == "Il n'y a pas de payload : la méthode est-elle bien en POST dans la requête ?"


SIRETS = {
    "mixed_siren": (
        [SIRET, STRANGER],
        "Les SIRET des écritures doivent appartenir à la même entreprise (SIREN identique)",
    ),
    "unknown_establishment": (
        [SIRET, SISTER],
        f"L'établissement correspondant au SIRET {SISTER} n'est pas reconnu pour le dossier DOS0042",
    ),
}


@pytest.mark.parametrize("name", SIRETS)
def test_establishments(name: str) -> None:
    sirets, message = SIRETS[name]
    with pytest.raises(ImportRefused) as refusal:
        check_sirets(enumerate(sirets, 1), {SIRET}, "DOS0042")
    assert (refusal.value.name, refusal.value.message) == (name, message)
    check_sirets(enumerate([SIRET, SIRET], 1), {SIRET}, "DOS0042")


def test_every_message_of_the_vendors_list_is_tried_somewhere() -> None:
    published = {row.message for row in MESSAGE_ROWS if not row.assumed}
    tried = [message for _change, message in REFUSALS.values()] + [message for _sirets, message in SIRETS.values()]
    tried.append("Il n'y a pas de payload : la méthode est-elle bien en POST dans la requête ?")
    untried = {message for message in published if not any(said.startswith(message.split("{0}")[0]) for said in tried)}
    assert untried == set()


def test_defaults_are_the_vendors() -> None:
    body = read_import(json.dumps(_body() | {"data": _body()["data"] | {"options": {}}}).encode())
    options = body.data.options
    assert (options.balance_auto, options.create_new_tiers, options.a_nouveaux) == (True, True, True)
    assert (options.sort_lines, options.new_folio, options.create_piece_ref) == (False, False, False)
    assert (options.default_compte, options.default_journal_id, options.comptes_rules) == (None, None, None)


def test_a_context_may_be_left_out_with_several_periods_and_a_siret_may_be_empty() -> None:
    body = _body()
    del body["data"]["contexte"]
    body["data"]["options"]["multiPeriode"] = True
    body["data"]["ecritures"][0]["SIRET"] = ""
    assert _refusal(body) is None


def test_lines_become_entries_wherever_they_stand() -> None:
    one, two = numbered(1), numbered(2)
    mixed = [one[0], two[0], one[1], two[1], two[2], one[2]]
    groups = grouped(_read(mixed).data.ecritures)
    assert [[place for place, _line in group.lines] for group in groups] == [[0, 2, 5], [1, 3, 4]]
    apart = grouped(_read([*one, *(line | {"journal": "OD"} for line in one)]).data.ecritures)
    assert len(apart) == 2


def test_a_line_asks_to_be_a_draft_by_either_type() -> None:
    drafts = _read([line("606400", type=7), line("606400", typeMouvement="7"), line("606400", type=1), line("606400")])
    assert [found.draft for found in drafts.data.ecritures] == [True, True, False, False]


def _read(lines: list[dict[str, Any]]) -> ImportBody:
    return read_import(json.dumps(request("DOS0042", lines)).encode())


# The contract's schema, where the machine has it.

REPLACEMENTS: tuple[Any, ...] = (None, "", "x", 0, 1.5, True, [], {}, "2026-03-12", [{}])
RICH = {
    "fichier": {"uri": "https://files.example.net/signed/FD-2026-0147.pdf?exp=1773500000&sig=abc"},
    "SIRET": SIRET,
    "debCutOff": DAY,
    "finCutOff": DAY,
    "commentaire": "c",
    "codeLettrage": "AA",
    "axeAna[PROJET]": [{}],
    "type": 1,
    "ecritureMere": "0190a3c2-7d1e-7c55-9a3f-2f0f6a1b9e11",
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    if not SCHEMA.is_dir():
        pytest.skip(f"no contract of the vendor's at {SCHEMA.name}: ../shared/contracts is absent")
    found: dict[str, Any] = json.loads((SCHEMA / "import-json.reconstructed.schema.json").read_text())
    return found


def test_what_the_schema_refuses_is_refused(schema: dict[str, Any]) -> None:
    """Each value removed or replaced. An empty SIRET is taken, as the page says, although the schema refuses it."""
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    whole = _body()
    whole["data"]["ecritures"][0] |= RICH
    assert validator.is_valid(whole)
    assert _refusal(whole) is None
    refused = [(path, body) for path, body in _mutations(whole) if not validator.is_valid(body)]
    print(f"{len(refused)} bodies that the contract's schema refuses")  # noqa: T201
    assert len(refused) > 300
    taken = [path for path, body in refused if _refusal(body) is None]
    assert [path for path in taken if not (path[-2] == "SIRET" and path[-1] == "''")] == []


def test_what_the_schema_takes_is_not_refused_for_its_form(schema: dict[str, Any]) -> None:
    """But for uuids: the format is meant, although validators of draft 7 do not know it."""
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    whole = _body()
    whole["data"]["ecritures"][0] |= RICH
    malformed = []
    for path, body in _mutations(whole):
        refusal = _refusal(body) if validator.is_valid(body) else None
        if refusal is not None and refusal.name == "malformed":
            malformed.append((path, refusal.message))
    assert [found for found in malformed if "un uuid est attendu" not in found[1]] == []
    assert len(malformed) == 12


def _mutations(body: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for path in _paths(body):
        for replacement in REPLACEMENTS:
            yield (*path, repr(replacement)), _changed(body, path, replacement)
        yield (*path, "removed"), _changed(body, path)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in steps:
        yield (*path, step)
        yield from _paths(part, (*path, step))


def _changed(body: dict[str, Any], path: tuple[Any, ...], *replacement: Any) -> Any:
    changed = copy.deepcopy(body)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    if replacement:
        holder[path[-1]] = replacement[0]
    else:
        del holder[path[-1]]
    return changed
