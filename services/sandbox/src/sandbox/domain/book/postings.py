"""Lines from signed cents: a debit above zero, a credit below. All arithmetic of the generated book is on integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from stdnum.fr import siren as french_siren

from qontable.events.platform import WireAnalytic, WireForeign, WireLine, WireSubsidiary, WireVat
from qontable.fec.chart import subsidiary_kind


@dataclass(frozen=True, slots=True)
class Third:
    """Whose subsidiary account a line stands on; its general account begins with the same three digits."""

    code: str
    label: str
    siren: str | None = None

    @property
    def account(self) -> str:
        return f"{self.code[:3]}000"

    def wire(self) -> WireSubsidiary:
        """As lines name it."""
        return WireSubsidiary(
            code=self.code,
            label=self.label,
            kind=subsidiary_kind(self.account).value,
            siren=self.siren,
            vat_number=f"FR{french_siren.to_tva(self.siren)}" if self.siren else None,
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of a currency for one euro."""

    currency: str
    units: Decimal

    def euros(self, foreign_cents: int) -> int:
        """Cents of euros for cents of the currency, half away from zero."""
        return int((Decimal(foreign_cents) / self.units).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(slots=True)
class Postings:
    """The lines of one entry in the making. With a `rate`, amounts are given in its currency and kept in both."""

    accounts: Mapping[str, str]
    rate: Rate | None = None
    lines: list[WireLine] = field(default_factory=list)
    _euros: int = 0
    _foreign: int = 0

    def add(
        self,
        account: str,
        label: str,
        cents: int,
        *,
        vat: str | None = None,
        analytic: Sequence[tuple[str, str, int]] = (),
    ) -> None:
        """A line on a general account; `analytic` are axis, section and percent."""
        euros = self.rate.euros(cents) if self.rate else cents
        shares = _shares(abs(euros), analytic)
        self._line(
            account, label, euros, cents, vat=WireVat(rate=f"{Decimal(vat):.2f}") if vat else None, analytic=shares
        )

    def settle(self, third: Third, label: str, *, payment: str | None = None) -> int:
        """The line of the third party that balances the entry; the euros it stands for, in cents."""
        euros = -self._euros
        self._line(third.account, label, euros, -self._foreign, subsidiary=third.wire(), payment_method=payment)
        return euros

    def owe(self, third: Third, label: str, cents: int) -> None:
        """A line of a third party for a given amount."""
        self._line(third.account, label, cents, cents, subsidiary=third.wire())

    def balance(self, account: str, label: str) -> None:
        """The line on a general account that balances the entry."""
        self._line(account, label, -self._euros, -self._foreign)

    def _line(self, account: str, label: str, euros: int, cents: int, **rest: object) -> None:
        self._euros += euros
        self._foreign += cents
        rate = self.rate
        foreign = WireForeign(currency=rate.currency, rate=str(rate.units), **_sides(cents)) if rate else None
        said = {"account": account, "account_label": self.accounts[account], "label": label, "foreign": foreign}
        self.lines.append(WireLine.model_validate(said | _sides(euros) | rest))


def text(cents: int) -> str:
    """Cents as the wire writes them."""
    return f"{cents // 100}.{cents % 100:02d}" if cents >= 0 else f"-{text(-cents)}"


def vat_of(net: int, rate: str) -> int:
    """The VAT on a net amount, to the cent, half away from zero."""
    return int((net * Decimal(rate) / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _sides(cents: int) -> dict[str, str]:
    return {"debit": text(max(cents, 0)), "credit": text(max(-cents, 0))}


def _shares(cents: int, percents: Sequence[tuple[str, str, int]]) -> tuple[WireAnalytic, ...]:
    """Shares whose sum is the whole; the last one takes what rounding leaves."""
    left = cents
    shares = []
    for number, (axis, section, percent) in enumerate(percents, start=1):
        amount = left if number == len(percents) else cents * percent // 100
        left -= amount
        shares.append(WireAnalytic(axis=axis, section=section, amount=text(amount)))
    return tuple(shares)
