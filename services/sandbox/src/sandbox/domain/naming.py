"""What a software calls the subsidiary accounts of a book.

The platform retrieves subsidiary accounts from the software, so the entries it publishes carry the software's codes;
a FEC from elsewhere carries its own.
"""

from collections.abc import Mapping

from qontable.events.platform import EntryContent, WireLine
from qontable.fec.chart import FecSubsidiary
from sandbox.domain.rules import Rules
from sandbox.domain.seed import account_number


def in_words_of(rules: Rules | None, content: EntryContent) -> EntryContent:
    """The entry with its subsidiary accounts as a software calls them; unchanged where there is no software."""
    if rules is None or not rules.one_field:
        return content
    return content.model_copy(update={"lines": tuple(map(_named, content.lines))})


def collisions(rules: Rules, subsidiaries: Mapping[str, FecSubsidiary]) -> list[tuple[str, str, str]]:
    """Pairs of subsidiary codes that would become one account there, with that account's number."""
    owners: dict[str, str] = {}
    found = []
    for code, third in subsidiaries.items():
        for number in dict.fromkeys(number_in(rules, code, account) for account in third.accounts):
            owner = owners.setdefault(number, code)
            if owner != code:
                found.append((owner, code, number))
    return found


def number_in(rules: Rules, code: str, account: str) -> str:
    """A third party's number or code in a software."""
    number = account_number(code, account) if rules.one_field else code
    return number[: rules.account] if rules.cut_codes else number


def _named(line: WireLine) -> WireLine:
    if line.subsidiary is None:
        return line
    code = account_number(line.subsidiary.code, line.account)
    return line.model_copy(update={"subsidiary": line.subsidiary.model_copy(update={"code": code})})
