"""A firm worth looking at: twelve client files, the files of a stand-in software, a book in which things go wrong."""

from dataclasses import dataclass, field

from qontable.clock import now
from sandbox.app.following import Route, publish_all, until_quiet
from sandbox.app.onboarding import GRANTED
from sandbox.app.systems import Progress, Systems, once_arrived
from sandbox.domain.book.generator import Book, make_book
from sandbox.domain.book.problems import CLOSED_LATER, LOCKED_JOURNAL, plant_problems
from sandbox.domain.drafts import Draft
from sandbox.domain.rules import Closable
from sandbox.domain.seed import SoftwareFileSeed
from sandbox.domain.software_seed import seed_from_workshop

CONNECTOR = "myunisoft"
CLOSES: tuple[Closable, ...] = ("journal", "account")
"""What is closed in its books while entries are on their way."""
ENTRIES = 120
HELD = 6
"""How many entries are validated last, when sending is by hand."""
COMPANIES = (
    ("Boulangerie Petit", "999000201", "Boulangerie Petit SARL", "999000201"),
    ("Garage Moreau & Fils", "999000219", "SARL Garage Moreau", "999000219"),
    ("Cabinet dentaire Lefèvre", "999000227", "Dr Lefèvre", "999000227"),
    ("Menuiserie du Lac", "999000235", "Menuiserie du Lac", None),
    ("Pharmacie de la Gare", "999000243", "Pharmacie de la Gare", "999000243"),
    ("SCI Les Tilleuls", None, "SCI Les Tilleuls", None),
    ("Atelier Nguyen", "999000250", "Atelier Nguyen EURL", "999000250"),
    ("Transports Roussel", "999000268", "Roussel Transports", "999000268"),
    ("Librairie Colombe", "999000276", "Librairie La Colombe", "999000284"),
    ("Fleurs d'Amélie", "999000292", None, None),
    ("Studio Kermarrec", None, None, None),
)
"""Client file with its SIREN, and the software's file that may be it, if there is one."""
ONLY_THERE = ("Brasserie du Vieux Port", "999000425")
"""A file of the software that no client file belongs to, with its SIREN."""


@dataclass
class Town:
    """What was made, under ids of this run."""

    systems: Systems
    progress: Progress
    run: str = field(default_factory=lambda: f"{now():%H%M%S}")

    @property
    def firm_id(self) -> str:
        """The accounting firm."""
        return f"frm_pictures_{self.run}"

    @property
    def file_id(self) -> str:
        """The client file whose entries are looked at."""
        return f"fil_pictures_{self.run}"

    @property
    def key(self) -> str:
        """The firm's key in the software, to be typed in the wizard."""
        return self.systems.firm_key(CONNECTOR, self.firm_id)

    async def build(self) -> None:
        """Firm, files on both sides, and a key; nothing is connected."""
        self.book: Book = make_book(ENTRIES)
        company = self.book.workshop.company
        self.seed = seed_from_workshop(
            self.book.workshop, connector=CONNECTOR, firm=self.firm_id, code=f"{company.code}-{self.run}"
        )
        made = await self.systems.control.seed(self.seed)
        self.route = Route(self.firm_id, self.file_id, CONNECTOR, str(made["software_file_id"]))
        platform = self.systems.platform
        await platform.create_firm(self.firm_id, "Cabinet Fontaine & Associés")
        await platform.create_file(self.firm_id, self.file_id, company.name, self.seed.code, company.siren)
        for number, (name, siren, there, siren_there) in enumerate(COMPANIES, start=1):
            code = f"C{number:03}-{self.run}"
            await platform.create_file(self.firm_id, f"{self.file_id}_{number}", name, code, siren)
            if there:
                await self._seed_empty(code if number % 3 else f"X{code}", there, siren_there)
        await self._seed_empty(f"B001-{self.run}", *ONLY_THERE)
        await self.systems.control.make_token(
            CONNECTOR, self.firm_id, self.key, self.systems.partner_secrets[CONNECTOR], dict(GRANTED)
        )
        await once_arrived(
            "the firm reaches the Hub", lambda: self.systems.hub.sign_in(self.firm_id, self.systems.platform_secret)
        )
        await once_arrived("the client file reaches the Hub", lambda: self.systems.hub.file(self.file_id))

    async def publish_backlog(self) -> None:
        """The first half of the book is validated before anything is activated."""
        drafts = [draft for draft in self.book.drafts if draft.key not in self._problems()]
        half = drafts[: len(drafts) // 2]
        await publish_all(self.systems, self.route, half, len(half), self.progress)

    async def publish_rest(self) -> None:
        """The other half, with entries that come back: in pre-flight, and from the software."""
        control, seed = self.systems.control, self.seed
        await control.lock_journal(seed.connector, seed.code, LOCKED_JOURNAL, locked=True)
        await control.close_account(seed.connector, seed.code, CLOSED_LATER, closed=True)
        problems, held = self._problems(), {draft.key for draft in self._held()}
        drafts = [problems.get(draft.key, draft) for draft in self.book.drafts if draft.key not in held]
        await publish_all(self.systems, self.route, drafts, len(drafts), self.progress)
        await until_quiet(self.systems, self.file_id, self.progress)

    async def publish_held(self) -> None:
        """The last few."""
        await publish_all(self.systems, self.route, self._held(), HELD, self.progress)

    async def reopen(self) -> None:
        """An account that was closed in the software is opened again."""
        await self.systems.control.close_account(self.seed.connector, self.seed.code, CLOSED_LATER, closed=False)

    async def unlock(self) -> None:
        """What was wrong in the software is put right."""
        await self.systems.control.lock_journal(self.seed.connector, self.seed.code, LOCKED_JOURNAL, locked=False)

    async def revoke(self, *, revoked: bool) -> None:
        """Somebody revokes the firm's key in the software, or gives it back."""
        await self.systems.control.revoke(CONNECTOR, self.key, revoked=revoked)

    def right_account(self) -> str:
        """The account that the entry on an unknown one belongs on."""
        problem = next(item for item in plant_problems(self.book, CLOSES) if item.name == "unknown account")
        assert problem.corrected
        return problem.corrected.lines[0].account

    async def _seed_empty(self, code: str, name: str, siren: str | None) -> None:
        """A file of the software with a chart and no entry."""
        empty = SoftwareFileSeed(
            connector=CONNECTOR, firm=self.firm_id, code=code, name=name, siret=f"{siren}00017" if siren else None,
            accounts=self.seed.accounts, subsidiaries=(), journals=self.seed.journals,
            fiscal_years=self.seed.fiscal_years,
        )  # fmt: skip
        await self.systems.control.seed(empty)

    def _held(self) -> list[Draft]:
        return [draft for draft in self.book.drafts if draft.key not in self._problems()][-HELD:]

    def _problems(self) -> dict[str, Draft]:
        return {problem.published.key: problem.published for problem in plant_problems(self.book, CLOSES)}
