-- migrate:up

-- Which accounts an entry's lines name, general or third party's: what a list is filtered by. Every revision, as
-- contents and statuses arrive in any order.
create table entry_account (
    firm_id text not null,
    file_id text not null,
    account text collate "C" not null,
    entry_id text not null,
    revision integer not null,
    primary key (firm_id, file_id, account, entry_id, revision)
);
insert into entry_account (firm_id, file_id, account, entry_id, revision)
select distinct firm_id, file_id, account, entry_id, revision
from entry_content
cross join jsonb_array_elements(content -> 'lines') as line
cross join lateral (values (line ->> 'account'), (line -> 'subsidiary' ->> 'code')) as named (account)
where account is not null;

alter table entry_account enable row level security;
alter table entry_account force row level security;
create policy one_firm on entry_account using (current_setting('qontable.scope', true) = 'service'
    or firm_id = current_setting('qontable.firm_id', true));

-- migrate:down
drop table entry_account;
