"""Scenarios of every limit in the sheet at n-1, n and n+1, and of codes that would collide once cut."""

from collections.abc import Awaitable, Callable

from qontable.entry import Finding
from qontable.events.delivery import EntryDispatched
from qontable.events.platform import WireLine
from qontable.preflight import Case, ReferenceState, preflight
from qontable.sheet import Limit, Sheet
from qontable.wire import read_entry
from sandbox.software.registry import rules_of

from .books import Booked
from .desk import NUMBER, PDF, Desk
from .entries import KINDS, SUPPLIER, credit, debit
from .scenario import Reason, Scenario

Say = Callable[[str], Awaitable[EntryDispatched]]
Shown = Callable[[Booked], str]


def known_limit(name: str) -> Reason:
    """There is no case where the sheet knows no such limit, or guesses one that the stand-in has no accounts for."""

    def reason(sheet: Sheet) -> str | None:
        known = getattr(sheet.limits, name)
        if known is None and not (name == "label" and sheet.limits.label_by_kind):
            return "the sheet knows no such limit"
        longest = rules_of(sheet.connector).account
        if name in ("account", "subsidiary") and known.max > longest:
            return f"a limit of {known.max} is {known.evidence}, and the stand-in has no number beyond {longest}"
        return None

    return reason


async def fresh_file(desk: Desk, **changes: object) -> str:
    """A software file of its own for one case."""
    return await desk.open_file(f"{desk.code}L{next(desk.bench.numbers)}", **changes)


def findings(desk: Desk, delivery: EntryDispatched, state: ReferenceState | None = None) -> list[Finding]:
    """What the pre-flight says of an entry."""
    return list(preflight(Case(read_entry(delivery.entry), desk.sheet, delivery.journal_code, state=state)))


async def keeps(desk: Desk, delivery: EntryDispatched, text: str, limit: Limit, shown: Shown) -> None:
    """Within the limit whole; beyond it as the sheet declares: cut and told, or returned, by us and by the software.

    A connector that marks a text counts the mark as part of it: what the mark displaces is a cut like any other.
    """
    if len(text) > limit.max and limit.overflow == "refuse":
        assert findings(desk, delivery), "the pre-flight lets it pass"
        await desk.is_returned(delivery)
        assert await desk.books(delivery.software_file) == []
        return
    assert not findings(desk, delivery), findings(desk, delivery)
    sent = shown(await desk.is_booked_once(delivery))
    if sent != text:
        assert min(len(text), limit.max) <= len(sent) <= limit.max, sent
        told = [(cut.original, cut.sent) for cut in (await desk.settles(delivery)).cuts]
        assert sent.startswith(text) or (text, sent) in told, f"cut, and nobody was told: {told}"


async def label(desk: Desk) -> None:
    """Of every line, by kind of entry where the sheet tells kinds apart."""
    for kind in {"purchase", *desk.sheet.limits.label_by_kind}:
        limit = desk.sheet.limits.label_limit(kind)
        if limit is None:
            continue
        for length in (limit.max - 1, limit.max, limit.max + 1):
            text = "L" * length
            lines = tuple(line.model_copy(update={"label": text}) for line in KINDS[kind][1])
            delivery = desk.entry(kind, lines=lines, software_file=await fresh_file(desk))
            await keeps(desk, delivery, text, limit, lambda booked: booked.lines[0].label)


def text(name: str, field: str, shown: Shown) -> Scenario:
    """The limit of a number that travels beside the lines."""

    async def run(desk: Desk) -> None:
        limit = getattr(desk.sheet.limits, name)
        for length in (limit.max - 1, limit.max, limit.max + 1):
            number = "7" * length
            delivery = desk.entry("miscellaneous", software_file=await fresh_file(desk), **{field: number})
            await keeps(desk, delivery, number, limit, shown)

    return Scenario(f"limit: {name.replace('_', ' ')}", run, known_limit(name))


async def account(desk: Desk) -> None:
    """Of a general account's number."""
    limit = desk.sheet.limits.account
    assert limit
    for length in (limit.max - 1, limit.max, limit.max + 1):
        number = "606".ljust(length, "4")
        chart = [{"number": known, "label": "Charge"} for known in (number[: limit.max], "758000")]
        lines = (debit(number, "1.00"), credit("758000", "1.00"))
        file = await fresh_file(desk, accounts=chart, subsidiaries=[])
        delivery = desk.entry("miscellaneous", lines=lines, software_file=file)
        await keeps(desk, delivery, number, limit, lambda booked: booked.lines[0].account)


async def subsidiary(desk: Desk) -> None:
    """Of a third party's code."""
    limit = desk.sheet.limits.subsidiary
    assert limit
    for length in (limit.max - 1, limit.max, limit.max + 1):
        code = "401".ljust(length, "D")
        third = SUPPLIER.model_copy(update={"code": code})
        known = [{"code": code[: limit.max], "label": third.label, "account": "401000"}]
        file = await fresh_file(desk, subsidiaries=known)
        delivery = desk.entry(lines=supplier_lines(third.code), software_file=file)
        await keeps(desk, delivery, code, limit, lambda booked: booked.lines[1].account)


def supplier_lines(code: str) -> tuple[WireLine, ...]:
    """A purchase from this supplier."""
    third = SUPPLIER.model_copy(update={"code": code})
    return (debit("606400", "1.00"), credit("401000", "1.00", subsidiary=third))


async def lines(desk: Desk) -> None:
    """Of how many lines an entry may have."""
    limit = desk.sheet.limits.lines
    assert limit
    for count in (limit.max - 1, limit.max, limit.max + 1):
        many = tuple(debit("658000", "0.01") for _ in range(count - 1))
        total = credit("758000", f"{(count - 1) / 100:.2f}")
        file = await fresh_file(desk)
        delivery = desk.entry("miscellaneous", lines=(*many, total), software_file=file)
        if count > limit.max:
            assert "too_many_lines" in {finding.code for finding in findings(desk, delivery)}
            await desk.is_returned(delivery)
        else:
            await desk.is_booked_once(delivery)


async def document_count(desk: Desk) -> None:
    """Of how many documents an entry may have: one more is found before it leaves, and never left out in silence."""
    most = desk.sheet.documents.max_count
    assert most is not None
    for count in (most - 1, most, most + 1):
        documents = tuple([await desk.document(name=f"facture-{number}.pdf") for number in range(count)])
        delivery = desk.entry(documents=documents, software_file=await fresh_file(desk))
        if count > most:
            await desk.is_returned(delivery)
        else:
            await desk.is_booked_with(delivery)


async def document_size(desk: Desk) -> None:
    """Of a document's bytes: one byte more keeps the entry from leaving."""
    most = desk.sheet.documents.max_bytes
    for size in (most - 1, most, most + 1):
        content = PDF.ljust(size - len(NUMBER % 0), b" ")
        delivery = desk.entry(documents=(await desk.document(content),), software_file=await fresh_file(desk))
        assert delivery.documents[0].size == size
        if size > most:
            await desk.is_returned(delivery)
        else:
            await desk.is_booked_with(delivery)


async def document_name(desk: Desk) -> None:
    """Of a document's name: it is shortened, and keeps what says its type."""
    most = desk.sheet.documents.max_name
    for length in (most - 1, most, most + 1):
        name = "f" * (length - 4) + ".pdf"
        delivery = desk.entry(documents=(await desk.document(name=name),), software_file=await fresh_file(desk))
        (booked,) = await desk.is_booked_with(delivery)
        assert len(booked) <= most
        assert booked.endswith(".pdf")
        assert booked == name or length > most


async def collision(desk: Desk) -> None:
    """Two third parties that would become one are found before anything leaves."""
    limit = desk.sheet.limits.subsidiary
    assert limit
    codes = ["401".ljust(limit.max, "D") + end for end in "AB"]
    delivery = desk.entry(lines=supplier_lines(codes[0]))
    state = ReferenceState(subsidiaries=dict.fromkeys(codes, False))
    assert "codes_collide" in {finding.code for finding in findings(desk, delivery, state)}


def _codes_are_not_cut(sheet: Sheet) -> str | None:
    limit = sheet.limits.subsidiary
    if limit and limit.overflow == "cut_after_collision_check":
        return None
    return f"codes are never cut here: {limit.overflow if limit else 'no limit'}"


def _no_count(sheet: Sheet) -> str | None:
    return "the sheet knows no such limit" if sheet.documents.max_count is None else None


SCENARIOS = (
    Scenario("limit: label", label, known_limit("label")),
    text("piece", "document_number", lambda booked: booked.lines[0].piece or ""),
    text("invoice_number", "invoice_number", lambda booked: booked.lines[0].invoice_number or ""),
    Scenario("limit: account", account, known_limit("account")),
    Scenario("limit: subsidiary", subsidiary, known_limit("subsidiary")),
    Scenario("limit: lines", lines, known_limit("lines")),
    Scenario("limit: documents", document_count, _no_count),
    Scenario("limit: size of a document", document_size),
    Scenario("limit: name of a document", document_name),
    Scenario("collision after cutting", collision, _codes_are_not_cut),
)
