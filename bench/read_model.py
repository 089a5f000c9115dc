"""A firm's read model of the Hub, filled as years would: client files, entries, what became of them, accounts.

Rows are made in the server, as the Hub's consumers would have kept them. The first client file, the largest, has a
twentieth of all entries and all contents; the others share the rest evenly. Of a hundred entries two came back, five
are ready, one is under way.
"""

from bench.book import CHART, Book
from bench.stage import Stage
from qontable.events.connector import ConnectorAnnounced
from qontable.events.platform import Administrator, FileCreated, FirmCreated
from qontable.sheet import Sheet

FIRM, CONNECTION, CHECK = "frm_pages", "con_pages", "chk_pages"
UNMAPPED_SHARE = 10
"""One client file in so many is tied to nothing, and as many software files are free."""
LARGEST_SHARE = 20
"""The largest client file has one entry in so many."""

SUBSIDIARIES = 50_000
"""How many the largest client file has, in no order, as years of refreshes leave them."""


def file_id(number: int) -> str:
    """A client file of the firm; 0 is the largest."""
    return f"fil_pages_{number}"


def entry_id(number: int) -> str:
    """An entry; one in `LARGEST_SHARE` is of the largest file."""
    return f"ent_pages_{number:07}"


async def fill(stage: Stage, sheet: Sheet, files: int, entries: int) -> None:
    """Fill the running Hub, and leave statistics as a server has them that has run for a while."""
    key = stage.sealing_key
    person = Administrator(user_id="usr_1", name="Claire Martin", email="claire@example.org")
    announced = ConnectorAnnounced(
        connector=sheet.connector, version=1, sheet=sheet, sealing_key_id=key.key_id, sealing_key=key.public
    )
    created = [
        FileCreated(firm_id=FIRM, file_id=file_id(number), name=f"Client {number:03}", code=f"C{number:03}")
        for number in range(files)
    ]
    await stage.say([announced, FirmCreated(firm_id=FIRM, name="Cabinet Martin", administrator=person), *created])
    await stage.until("select count(*) = $1 from hub.integration", files)
    await stage.until("select exists (select from hub.connector) and exists (select from hub.member)")
    async with stage.database.acquire() as db, db.transaction():
        await db.execute("set local search_path = hub")
        await db.execute(CONNECTED, FIRM, CONNECTION, sheet.connector, key.key_id)
        await db.execute(CHECKED, FIRM, CONNECTION, CHECK)
        await db.execute(LISTED, FIRM, CONNECTION, files)
        await db.execute(TIED, FIRM, CONNECTION, sheet.connector, UNMAPPED_SHARE)
        await db.execute(REFRESHED, FIRM)
        await db.execute(HELD, FIRM, file_id(0), CONNECTION, SUBSIDIARIES)
        await db.execute(ROWS, FIRM, file_id(0), SUBSIDIARIES)
        await db.execute(ENTRIES, FIRM, files, entries, LARGEST_SHARE)
        await db.execute(HISTORY, FIRM)
        await db.execute(ACCOUNTS, FIRM, [account.number for account in CHART.accounts])
        await db.execute(ATTEMPTS, FIRM)
        sample = Book("pages", connections=1, files=1).entries("sample", 1)[0]
        await db.execute(CONTENTS, FIRM, file_id(0), sample.model_dump_json(by_alias=True, exclude_none=True))
    await stage.database.execute("vacuum analyze")


CONNECTED = """
insert into connection (
    connection_id, firm_id, connector, name, version, credentials_version, enabled, key_id, box, frequency,
    synchronize_accounts, health, health_version, health_since, created_by
) values ($2, $1, $3, 'Cabinet Martin', 1, 1, true, $4, 'sealed', 'daily', true, 'connected', 0, now(), 'usr_1')
"""
CHECKED = """
insert into connection_check (
    check_id, firm_id, connection_id, purpose, parameters, status, requested_by, checked_at, confirmed_at
) values ($3, $1, $2, 'credentials', '{}', 'accepted', 'usr_1', now(), now())
"""
LISTED = """
insert into software_file (connection_id, software_file_id, firm_id, name, code)
select $2, 'sw_' || number, $1, 'Dossier ' || lpad(number::text, 3, '0'), 'S' || number
from generate_series(0, $3::int - 1) as number
"""
TIED = """
update integration set
    version = 1, connection_id = $2, connector = $3, active = true, send_from = date '2025-01-01',
    software_file = (
        select jsonb_build_object('software_file_id', software_file_id, 'name', name, 'code', code)
        from software_file where software_file_id = replace(file_id, 'fil_pages_', 'sw_')
    )
where firm_id = $1 and (replace(file_id, 'fil_pages_', '')::int + 1) % $4 <> 0
"""
REFRESHED = """
insert into reference_state (firm_id, file_id, state, version, ended_at, refreshed_at)
select firm_id, file_id, 'refreshed', 1, now(), now() from integration where firm_id = $1 and connection_id is not null
"""
HELD = """
insert into reference_held (firm_id, file_id, connection_id, software_file_id, version, counts)
values ($1, $2, $3, 'sw_0', 1, jsonb_build_object('subsidiaries', $4::int))
"""
ROWS = """
insert into reference_row (firm_id, file_id, kind, code, label, closed, details)
select $1, $2, 'subsidiaries', '401FOURN' || lpad(number::text, 5, '0'), 'Fournisseur ' || number, false, '{}'
from generate_series(0, $3::int - 1) as number order by md5(number::text)
"""
ENTRIES = """
insert into entry (
    firm_id, file_id, entry_id, version, revision, status, detail, waiting_for, findings, cause, message,
    delivery_id, delivery_state, documents, software_entry_id, open_difference, cuts, summary, kind, journal,
    entry_date, label, amount, currency, document_number, invoice_number, third_party, changed_at
)
select
    $1, 'fil_pages_' || case when number % $4::int = 0 then 0 else 1 + number % greatest($2::int - 1, 1) end,
    'ent_pages_' || lpad(number::text, 7, '0'), 2, 1, status, null,
    case when status = 'ready' then jsonb_build_array((array['evening', 'documents', 'fiscal_year'])[1 + turn % 3])
        else '[]' end,
    '[]', cause,
    case when cause is not null then jsonb_build_object('category', cause, 'text', 'Refus du logiciel') end,
    case when status in ('sending', 'synchronized') then 'dlv_' || number end,
    case status when 'sending' then 'queued' when 'synchronized' then 'confirmed' end,
    case when status = 'ready' then 'kept' else 'sent' end, case when status = 'synchronized' then number::text end,
    false, '[]',
    jsonb_build_object('label', 'Fournisseur ' || supplier, 'amount', amount::text),
    (array['purchase', 'sale', 'bank', 'expense_report'])[1 + turn % 4],
    (array['ACH', 'VTE', 'BQ', 'NDF'])[1 + turn % 4], date '2025-01-01' + turn % 600,
    'Fournisseur ' || supplier || ' FD-' || number, amount, 'EUR', null, 'FD-' || number, 'Fournisseur ' || supplier,
    now() - interval '1 minute' * (number % 100000)
from (
    select number, number / $4 as turn, number / 7 % 40 as supplier, 1 + number % 9973 + 0.2 as amount,
        case when bucket < 2 then 'to_verify' when bucket < 7 then 'ready' when bucket < 8 then 'sending'
            when bucket < 9 then 'withdrawn' else 'synchronized' end as status
    from generate_series(0, $3::int - 1) as number
    cross join lateral (select (number / $4)::bigint * 7919 % 100) as drawn (bucket)
) as made
cross join lateral (select case when status = 'to_verify' then
    (array['journal_locked', 'account_closed', 'period_closed'])[1 + turn % 3] end) as came_back (cause)
"""
HISTORY = """
insert into entry_history (firm_id, file_id, entry_id, version, revision, status, said, changed_at)
select firm_id, file_id, entry_id, told, 1, case told when 1 then 'ready' else status end, '{}', changed_at
from entry cross join generate_series(1, 2) as told where firm_id = $1
"""
ACCOUNTS = """
insert into entry_account (firm_id, file_id, account, entry_id, revision)
select firm_id, file_id, account, entry_id, 1
from entry cross join lateral (values
    (($2::text[])[1 + (hashtext(entry_id) & 63)]), ('445660'), ('401FOURN' || lpad(substr(third_party, 13), 2, '0'))
) as named (account)
where firm_id = $1
"""
ATTEMPTS = """
insert into entry_attempt (
    firm_id, file_id, entry_id, delivery_id, attempt, operation, revision, outcome, http_status, started_at, finished_at
)
select firm_id, file_id, entry_id, delivery_id, 1, 'send', 1, 'accepted', 201, changed_at, changed_at
from entry where firm_id = $1 and status = 'synchronized'
"""
CONTENTS = """
insert into entry_content (firm_id, file_id, entry_id, revision, content, validated_by, validated_at)
select firm_id, file_id, entry_id, 1, $3::jsonb || jsonb_build_object('file_id', file_id, 'entry_id', entry_id),
    'usr_3', now()
from entry where firm_id = $1 and file_id = $2
"""
