"""The currencies that the vendor takes: those of ISO 4217, but for what is no money of a country and some recent ones,
and beside them some that have ended or are in no such list."""

from iso4217 import Currency

BESIDE = frozenset(
    "ANG BGN BYR CUC GGP HRK IMP JEP LTL LVL MRO SLL STD VEF ZMK ZWL".split()  # noqa: SIM905 - one line reads better
)
WITHOUT = frozenset(
    "BOV CHW COU MXV SSP STN USN UYI UYW VED VES XAD XAG XAU XBA XBB XBC XBD XCG XPD XPT XSU XTS XUA XXX ZWG".split()  # noqa: SIM905
)
CURRENCIES = frozenset(currency.value for currency in Currency) - WITHOUT | BESIDE
