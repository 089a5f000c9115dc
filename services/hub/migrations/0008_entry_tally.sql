-- migrate:up

-- How many entries of a file are alike in what pages count: kept as entries change, so that no page counts a million
-- rows. A cause counts of what came back; a wait and the year of the entry's date, of what is ready. Rows that count
-- nothing any more stay.
create table entry_tally (
    firm_id text not null,
    file_id text not null,
    status text not null,
    journal text,
    delivery_state text,
    cause text,
    waiting_for jsonb,
    year integer,
    entries bigint not null,
    unique nulls not distinct (firm_id, file_id, status, journal, delivery_state, cause, waiting_for, year)
) with (fillfactor = 50);

insert into entry_tally (firm_id, file_id, status, journal, delivery_state, cause, waiting_for, year, entries)
select firm_id, file_id, status, journal, delivery_state, cause,
    case when status = 'ready' then waiting_for end as waits,
    case when status = 'ready' then extract(year from entry_date)::integer end as in_year, count(*)
from entry group by firm_id, file_id, status, journal, delivery_state, cause, waits, in_year;

create function tally_new_entries() returns trigger language plpgsql as $$
begin
    insert into entry_tally (firm_id, file_id, status, journal, delivery_state, cause, waiting_for, year, entries)
    select firm_id, file_id, status, journal, delivery_state, cause,
        case when status = 'ready' then waiting_for end as waits,
        case when status = 'ready' then extract(year from entry_date)::integer end as in_year, count(*)
    from added group by firm_id, file_id, status, journal, delivery_state, cause, waits, in_year
    order by firm_id, file_id, status, journal, delivery_state, cause, waits, in_year
    on conflict (firm_id, file_id, status, journal, delivery_state, cause, waiting_for, year)
        do update set entries = entry_tally.entries + excluded.entries;
    return null;
end
$$;

-- In one order, so that two transactions do not wait for each other; what counts as it did before is left alone.
create function tally_changed_entries() returns trigger language plpgsql as $$
begin
    insert into entry_tally (firm_id, file_id, status, journal, delivery_state, cause, waiting_for, year, entries)
    select firm_id, file_id, status, journal, delivery_state, cause,
        case when status = 'ready' then waiting_for end as waits,
        case when status = 'ready' then extract(year from entry_date)::integer end as in_year, sum(counts) as entries
    from (select *, 1 as counts from added union all select *, -1 from gone) as changed
    group by firm_id, file_id, status, journal, delivery_state, cause, waits, in_year having sum(counts) <> 0
    order by firm_id, file_id, status, journal, delivery_state, cause, waits, in_year
    on conflict (firm_id, file_id, status, journal, delivery_state, cause, waiting_for, year)
        do update set entries = entry_tally.entries + excluded.entries;
    return null;
end
$$;

create trigger tally_new after insert on entry referencing new table as added
    for each statement execute function tally_new_entries();
create trigger tally_changed after update on entry referencing new table as added old table as gone
    for each statement execute function tally_changed_entries();

alter table entry_tally enable row level security;
alter table entry_tally force row level security;
create policy one_firm on entry_tally using ((select current_setting('qontable.scope', true)) = 'service'
    or firm_id = (select current_setting('qontable.firm_id', true)));

-- Who asks is looked up once for a statement, not once for each row that it reads.
do $$
declare
    firm_table text;
begin
    for firm_table in select tablename from pg_policies where schemaname = current_schema() and policyname = 'one_firm'
    loop
        execute format(
            'alter policy one_firm on %I using ((select current_setting(''qontable.scope'', true)) = ''service'' '
            'or firm_id = (select current_setting(''qontable.firm_id'', true)))',
            firm_table
        );
    end loop;
end
$$;

-- What is searched for words, as it is compared: third party, numbers, label with the entry's id, each cut to what an
-- index row holds.
alter table entry add column sought text generated always as (
    lower(left(coalesce(third_party, ''), 60)) || e'\x1f'
    || lower(left(coalesce(invoice_number, ''), 40) || ' ' || left(coalesce(document_number, ''), 40)) || e'\x1f'
    || lower(left(coalesce(label, ''), 160)) || ' ' || lower(entry_id)
) stored;

-- Everything that a list is filtered by, in its order: looking for what is rare reads no row that is not shown. Rows of
-- one file lie far apart, those of an index side by side.
drop index entry_by_date;
create index entry_listed on entry (firm_id, file_id, sort_date desc, entry_id desc) include (
    status, delivery_state, detail, waiting_for, documents, open_difference, cause, journal, kind, amount, revision,
    sought
);
drop index entry_undecided;

-- migrate:down
create index entry_undecided on entry (firm_id, file_id) where delivery_state in ('unknown', 'missing', 'parked');
drop index entry_listed;
create index entry_by_date on entry (firm_id, file_id, sort_date desc, entry_id desc);
alter table entry drop column sought;
drop trigger tally_changed on entry;
drop trigger tally_new on entry;
drop function tally_changed_entries();
drop function tally_new_entries();
drop table entry_tally;
