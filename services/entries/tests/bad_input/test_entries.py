"""Entries that no books can hold are returned with the reason and the remedy; strange ones that they can are taken."""

from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from qontable.bilingual import set_french
from qontable.events.connector import ConnectorAnnounced
from qontable.events.delivery import EntryDispatched
from qontable.sheet import Sheet

from ..client import SHEET, Client, line
from ..house import House

CENT = [line("606400", "0.01", "0.00"), line("512000", "0.00", "0.01")]
AMOUNT = "Corrigez le montant, puis validez de nouveau l'écriture."


def pair(debit: str, credit: str, **changes: Any) -> list[dict[str, Any]]:
    """Two lines, the first with some fields changed."""
    return [line("606400", debit, "0.00") | changes, line("512000", "0.00", credit)]


@dataclass(frozen=True)
class Returned:
    """An entry, and what the accountant reads of it: code, place, both languages, what to do."""

    changes: dict[str, Any]
    code: str
    where: str
    french: str
    english: str
    remedy: str


RETURNED = {
    "unbalanced": Returned(
        {"lines": pair("1.00", "2.00")},
        "unbalanced",
        "lines",
        "L'écriture n'est pas équilibrée : débit 1.00, crédit 2.00.",
        "The entry does not balance: debit 1.00, credit 2.00.",
        "Corrigez les montants pour que débit et crédit soient égaux, puis validez de nouveau l'écriture.",
    ),
    "no lines": Returned(
        {"lines": []},
        "no_lines",
        "lines",
        "L'écriture n'a aucune ligne.",
        "The entry has no line.",
        "Saisissez au moins deux lignes, puis validez de nouveau l'écriture.",
    ),
    "both sides filled": Returned(
        {"lines": [line("606400", "2.00", "1.00"), line("512000", "0.00", "1.00")]},
        "both_sides",
        "lines.0",
        "Une ligne porte à la fois un débit et un crédit.",
        "A line has both a debit and a credit.",
        "Séparez le débit et le crédit sur deux lignes, puis validez de nouveau l'écriture.",
    ),
    "three decimals": Returned(
        {"lines": pair("1.001", "1.00")},
        "amount_too_precise",
        "lines.0.debit",
        "Un montant a plus de décimales que n'en a la devise EUR : 2.",
        "An amount has more decimals than currency EUR has: 2.",
        "Arrondissez le montant, puis validez de nouveau l'écriture.",
    ),
    "thirteen digits": Returned(
        {"lines": pair("1000000000000.00", "1.00")},
        "amount_too_large",
        "lines.0.debit",
        "Un montant a plus de 12 chiffres avant la virgule.",
        "An amount has more than 12 digits before the decimal mark.",
        AMOUNT,
    ),
    "an amount with an exponent": Returned(
        {"lines": pair("1e9", "1.00")},
        "invalid_amount",
        "lines.0.debit",
        "Un montant n'est pas un nombre décimal.",
        "An amount is not a decimal number.",
        AMOUNT,
    ),
    "an amount that is none": Returned(
        {"lines": pair("NaN", "1.00")},
        "invalid_amount",
        "lines.0.debit",
        "Un montant n'est pas un nombre décimal.",
        "An amount is not a decimal number.",
        AMOUNT,
    ),
    "unknown currency": Returned(
        {"currency": "EUX"},
        "unknown_currency",
        "currency",
        "La devise EUX n'existe pas.",
        "There is no currency EUX.",
        "Choisissez une devise de la norme ISO 4217, puis validez de nouveau l'écriture.",
    ),
    "unknown currency of a line": Returned(
        {"lines": pair("1.00", "1.00", foreign={"currency": "FRF", "debit": "6.56", "credit": "0"})},
        "unknown_currency",
        "lines.0.foreign.debit",
        "La devise FRF n'existe pas.",
        "There is no currency FRF.",
        "Choisissez une devise de la norme ISO 4217, puis validez de nouveau l'écriture.",
    ),
    "impossible date": Returned(
        {"date": "2026-02-30"},
        "impossible_date",
        "date",
        "La date 2026-02-30 n'existe pas.",
        "There is no such date as 2026-02-30.",
        "Corrigez la date, puis validez de nouveau l'écriture.",
    ),
    "impossible date: year 0": Returned(
        {"date": "0000-01-01"},
        "impossible_date",
        "date",
        "La date 0000-01-01 n'existe pas.",
        "There is no such date as 0000-01-01.",
        "Corrigez la date, puis validez de nouveau l'écriture.",
    ),
    "control characters": Returned(
        {"label": "Papeterie\x07 Durand"},
        "control_characters",
        "label",
        "Un texte contient un caractère de contrôle (U+0007), qui ne s'imprime pas.",
        "A text holds a control character (U+0007), which cannot be printed.",
        "Saisissez de nouveau ce texte à la main, sans le copier, puis validez de nouveau l'écriture.",
    ),
    "control characters: NUL in a VAT number": Returned(
        {
            "lines": pair(
                "1.00", "1.00", subsidiary={"code": "401D", "label": "D", "kind": "other", "vat_number": "FR\x00"}
            )
        },
        "control_characters",
        "lines.0.subsidiary.vat_number",
        "Un texte contient un caractère de contrôle (U+0000), qui ne s'imprime pas.",
        "A text holds a control character (U+0000), which cannot be printed.",
        "Saisissez de nouveau ce texte à la main, sans le copier, puis validez de nouveau l'écriture.",
    ),
    "2,000 lines, where the software takes 50": Returned(
        {"lines": [*(line("606400", "1.00", "0.00") for _ in range(1_999)), line("512000", "0.00", "1999.00")]},
        "too_many_lines",
        "lines",
        "L'écriture a 2000 lignes ; MyUnisoft en accepte 50.",
        "The entry has 2000 lines; MyUnisoft takes 50.",
        "Répartissez l'écriture en plusieurs écritures équilibrées, puis validez-les.",
    ),
}

ACCEPTED: dict[str, dict[str, Any]] = {
    "one line of zero": {"lines": [line("606400", "0.00", "0.00")]},
    "zero lines among others": {"lines": [*CENT, line("445660", "0.00", "0.00")]},
    "fifty lines": {"lines": [*(line("606400", "1.00", "0.00") for _ in range(49)), line("512000", "0.00", "49.00")]},
    "emoji": {"label": "Fournitures 🖇️👩🏽‍💻"},
    "right-to-left text": {"label": "\u202eמכתב\u202c مكتب"},
    "10,000-character label": {"label": "x" * 10_000},
    "999,999,999.99": {"lines": pair("999999999.99", "999999999.99")},
    "a tab and a line end": {"label": "Papeterie\tDurand\nParis"},
    "negative amounts": {"lines": pair("-1.00", "-1.00")},
    "amounts without their zeros": {"lines": pair("1", "1.0")},
}
"""Each leaves as it came: what the software cannot take is its connector's finding."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client(house: House) -> Client:
    """A client file to which all of them were validated at once, a good one behind each."""
    client = await house.client()
    for number, (name, entry) in enumerate({**RETURNED, **ACCEPTED}.items()):
        changes = entry.changes if isinstance(entry, Returned) else entry
        await house.say(
            client.validated(entry_id(name), **changes), client.validated(f"neighbour_{number}", lines=CENT)
        )
    return client


def entry_id(name: str) -> str:
    return "ent_" + "".join(filter(str.isalnum, name.encode("ascii", "ignore").decode()))


@pytest.mark.parametrize("name", RETURNED)
async def test_returned_to_the_platform_with_the_reason(house: House, client: Client, name: str) -> None:
    wanted = RETURNED[name]
    told = await house.status(client, entry_id(name), "to_verify", detail="preflight")
    finding = next(finding for finding in told.findings if finding.code == wanted.code)
    assert (finding.where, finding.message) == (wanted.where, {"fr": set_french(wanted.french), "en": wanted.english})
    assert finding.remedy["fr"] == set_french(wanted.remedy)
    assert finding.remedy["en"].rstrip(".").endswith(("validate the entry again", "validate them"))
    assert not house.orders(client, entry_id(name))


@pytest.mark.parametrize("name", ACCEPTED)
async def test_accepted(house: House, client: Client, name: str) -> None:
    order = await house.dispatched(client, entry_id(name))
    sent = order.entry.model_dump(mode="json", exclude_none=True)
    for field, value in ACCEPTED[name].items():
        expected = client.validated("x", **{field: value}).model_dump(mode="json", exclude_none=True)[field]
        assert sent[field] == expected


async def test_neighbours_are_unharmed_and_nothing_is_set_aside(house: House, client: Client) -> None:
    for number in range(len(RETURNED) + len(ACCEPTED)):
        assert isinstance(await house.dispatched(client, f"neighbour_{number}"), EntryDispatched)
    assert await house.set_aside(client) == []


async def test_a_returned_entry_leaves_once_it_is_mended(house: House, client: Client) -> None:
    for name in ("unbalanced", "impossible date"):
        await house.status(client, entry_id(name), "to_verify")
        await house.say(client.validated(entry_id(name), 2))
        assert (await house.dispatched(client, entry_id(name))).entry.revision == 2
        assert (await house.status(client, entry_id(name), "sending", revision=2)).findings == ()


async def test_every_reason_is_told_at_once(house: House, client: Client) -> None:
    lines = [line("606400", "120.001", "0"), line("401000", "0", "x", "401DURAND")]
    await house.say(client.validated("thrice", date="2026-02-30", lines=lines))
    told = await house.status(client, "thrice", "to_verify", detail="preflight")
    assert [finding.code for finding in told.findings] == ["impossible_date", "amount_too_precise", "invalid_amount"]


async def test_2000_lines_leave_where_the_software_sets_no_limit(house: House, client: Client) -> None:
    unlimited = SHEET.model_copy(update={"limits": SHEET.limits.model_copy(update={"lines": None})})
    await announce(house, unlimited, 2)
    lines = [*(line("606400", "1.00", "0.00") for _ in range(1_999)), line("512000", "0.00", "1999.00")]
    await house.say(client.validated("long", lines=lines))
    assert len((await house.dispatched(client, "long")).entry.lines) == 2_000
    await announce(house, SHEET, 3)


async def announce(house: House, sheet: Sheet, version: int) -> None:
    await house.say(
        ConnectorAnnounced(connector="myunisoft", version=version, sheet=sheet, sealing_key_id="key", sealing_key="key")
    )
    await house.until_true("select version = $1 from entries.connectors where connector = 'myunisoft'", version)
