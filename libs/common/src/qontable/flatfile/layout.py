"""A record's layout as data: which value stands where, spelled how. Positions count from 1, as vendors' tables do."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qontable.flatfile.forms import FORMS

Evidence = Literal["documented", "corroborated", "assumed"]


class LayoutPart(BaseModel):
    """A piece of a layout. Unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(LayoutPart):
    """One field: its `name` in the vendor's table and either a constant `text` or a `value` by the source's name.

    `empty` is written where the value is absent. `at` and `width` place it in a fixed-width record; `quoted` puts it
    between quotes in a delimited one.
    """

    name: str
    value: str | None = None
    text: str | None = None
    form: str = "text"
    empty: str = ""
    at: int | None = Field(None, ge=1)
    width: int | None = Field(None, ge=1)
    align: Literal["left", "right"] = "left"
    fill: str = Field(" ", min_length=1, max_length=1)
    quoted: bool = False
    required: Literal["yes", "no", "case"] = "no"

    @model_validator(mode="after")
    def _says_what_it_writes(self) -> Self:
        if (self.value is None) == (self.text is None):
            raise ValueError(f"{self.name}: give either a value or a text")
        if self.form not in FORMS:
            raise ValueError(f"{self.name}: there is no form {self.form}")
        if (self.at is None) != (self.width is None):
            raise ValueError(f"{self.name}: a place is a position and a width")
        if self.text is not None and self.width is not None and len(self.text) > self.width:
            raise ValueError(f"{self.name}: the constant is longer than its field")
        return self


class Record(LayoutPart):
    """One kind of line. `width` pads a fixed-width one; without it the line ends with its last field."""

    name: str
    cells: tuple[Cell, ...]
    width: int | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        places = [cell for cell in self.cells if cell.at is not None]
        if places and len(places) != len(self.cells):
            raise ValueError(f"{self.name}: either every field has a place or none")
        end = 0
        for cell in sorted(places, key=lambda cell: cell.at or 0):
            if (cell.at or 0) <= end:
                raise ValueError(f"{self.name}: {cell.name} at {cell.at} lies over the field before it")
            end = (cell.at or 0) + (cell.width or 0) - 1
        if self.width is not None and end > self.width:
            raise ValueError(f"{self.name}: its fields end at {end}, beyond its width {self.width}")
        return self

    @property
    def fixed(self) -> bool:
        """Whether the record is of fixed width."""
        return bool(self.cells) and self.cells[0].at is not None
