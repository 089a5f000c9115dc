"""A format's description: everything about an import file that is data (`formats/<name>.toml`).

The writers read it, the pages about formats are rendered from it, and tests walk over it.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from qontable.flatfile.layout import Evidence, LayoutPart, Record

Overflow = Literal["cut", "cut_start", "refuse", "map", "cut_after_collision_check"]
Role = Literal[
    "journal",
    "account",
    "subsidiary",
    "posted_account",
    "label",
    "reference",
    "name",
    "journal_label",
    "folder",
    "folder_number",
    "other",
]


class RoleLimit(LayoutPart):
    """How long a text of this role may be (characters), what happens beyond, and how well that is known.

    `map` refuses until a journal map says another code; `cut_after_collision_check` shortens a code unless two codes
    would become one; `cut` keeps the start and tells; `cut_start` keeps the end and tells; `refuse` stops the export.
    """

    max: int = Field(gt=0)
    overflow: Overflow
    characters: str | None = None
    evidence: Evidence
    source: str


class DocumentRules(LayoutPart):
    """How the format names documents: `name_max` characters, extension included; `link` says where the name stands.

    `size_told` is how many bytes a document may have before some software that reads the format leaves it out.
    `archive_max` is how many bytes of documents an archive holds. No vendor states a number: beyond four gigabytes a
    zip needs an extension (ZIP64) that not every software reads.
    """

    name_max: int
    size_told: int | None = None
    archive_max: int = 2**32 - 1
    link: str
    numbered: bool = False
    evidence: Evidence
    source: str


class Rule(LayoutPart):
    """A rule of the format in our words, with where it comes from."""

    text: str
    evidence: Evidence
    source: str


class Description(LayoutPart):
    """One format.

    `title` names it in every language alike, by the software's own words. `file_name` may hold {siren} and {closing}.
    `negative` says whether a negative amount stays or turns to the other side, `zero_lines` whether a line without
    amount is written. `bundle` packs the file with its documents into one archive. `guard_formulas` puts an apostrophe
    before what a spreadsheet would compute. `records` are the kinds of lines, `entry` names the one that each line of
    an entry becomes.
    """

    name: str
    title: str
    file_name: str
    encoding: str
    byte_order_mark: bool = False
    line_end: Literal["crlf", "lf"] = "crlf"
    separator: str | None = None
    quoting: bool = False
    header: bool = False
    forbidden: str = ""
    negative: Literal["kept", "other_side"] = "other_side"
    zero_lines: Literal["written", "refused"] = "refused"
    foreign: bool = False
    analytic: bool = False
    one_year: bool = False
    guard_formulas: bool = False
    max_lines: int | None = None
    bundle: bool = False
    limits: dict[Role, RoleLimit] = Field(default_factory=dict)
    documents: DocumentRules | None = None
    records: tuple[Record, ...] = ()
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        for record in self.records:
            if not record.fixed and self.separator is None:
                raise ValueError(f"{self.name}: {record.name} is delimited, and no separator is given")
        return self

    def record(self, name: str) -> Record:
        """The record of this name. Raises `KeyError`."""
        for record in self.records:
            if record.name == name:
                return record
        raise KeyError(f"{self.name} has no record {name}")

    def carries(self, value: str) -> bool:
        """Whether some field of the file holds this value."""
        return any(cell.value == value for record in self.records for cell in record.cells)

    @property
    def max_number(self) -> int | None:
        """The highest number of an entry that its field holds, where the file numbers entries in one of fixed width."""
        widths = [
            cell.width for record in self.records for cell in record.cells if cell.value == "number" and cell.width
        ]
        return 10 ** min(widths) - 1 if widths else None

    @property
    def end(self) -> str:
        """What ends a line."""
        return "\r\n" if self.line_end == "crlf" else "\n"
