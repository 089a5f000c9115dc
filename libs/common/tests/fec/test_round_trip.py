"""Whatever book is written in whatever allowed form, the same book is read."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from qontable.fec import open_fec
from qontable.fec.layout import ALWAYS, SIDES, SIGNED

letters = st.text(
    st.characters(codec="iso8859-15", exclude_categories=("C", "Z"), exclude_characters="|"), min_size=1, max_size=12
)
days = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
cents = st.integers(min_value=-(10**12), max_value=10**12)


@st.composite
def entries(draw: st.DrawFn) -> list[tuple[dict[str, str], int]]:
    """Lines of balanced entries as (texts, signed cents), the lines of one entry together or not."""
    lines = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        amounts = draw(st.lists(cents, min_size=1, max_size=4))
        shared = {
            "JournalCode": draw(letters),
            "JournalLib": draw(letters),
            "EcritureNum": str(number),
            "EcritureDate": draw(days).strftime("%Y%m%d"),
            "PieceRef": draw(letters),
            "ValidDate": draw(days).strftime("%Y%m%d"),
        }
        for amount in (*amounts, -sum(amounts)):
            texts = {
                "CompteNum": draw(letters),
                "EcritureLib": draw(letters),
                "CompAuxNum": draw(st.just("") | letters),
            }
            lines.append((shared | texts, amount))
    return draw(st.permutations(lines)) if draw(st.booleans()) else lines


def spelled(amount: int, mark: str, *, sign_last: bool) -> str:
    text = f"{abs(amount) // 100}{mark}{abs(amount) % 100:02d}"
    if amount >= 0:
        return text
    return f"{text}-" if sign_last else f"-{text}"


@settings(max_examples=150, deadline=None)
@given(
    book=entries(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "iso8859-15"]),
    separator=st.sampled_from("\t|"),
    end=st.sampled_from(["\r", "\n", "\r\n"]),
    mark=st.sampled_from(",."),
    sign_last=st.booleans(),
    signed=st.booleans(),
    data=st.data(),
)
def test_a_book_is_read_as_it_was_written(
    book: list[tuple[dict[str, str], int]],
    encoding: str,
    separator: str,
    end: str,
    mark: str,
    *,
    sign_last: bool,
    signed: bool,
    data: st.DataObject,
) -> None:
    columns = data.draw(st.permutations([*ALWAYS, *(SIGNED if signed else SIDES)]))
    texts = [separator.join(columns)]
    for line, amount in book:
        zero = spelled(0, mark, sign_last=sign_last)
        value = spelled(amount, mark, sign_last=sign_last)
        both = {"Montant": value, "Sens": "D", "Debit": value, "Credit": zero}
        texts.append(separator.join((line | both).get(name, "") for name in columns))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "fec.txt"
        path.write_bytes("".join(text + end for text in texts).encode(encoding))
        fec = open_fec(path)
        rows = list(fec.rows())
        found = list(fec.entries())
    assert [(row.journal_code, row.number, row.account, row.label, row.subsidiary) for row in rows] == [
        tuple(line[name] for name in ("JournalCode", "EcritureNum", "CompteNum", "EcritureLib", "CompAuxNum"))
        for line, _ in book
    ]
    assert [row.debit for row in rows] == [Decimal(amount).scaleb(-2) for _, amount in book]
    assert sorted(line.line for entry in found for line in entry.lines) == [row.line for row in rows]
    assert len(found) == len({(row.journal_code, row.number) for row in rows})
