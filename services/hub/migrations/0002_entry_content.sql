-- migrate:up

-- Every validated revision as the platform said it: the lines and documents that an entry's page shows.

create table entry_content (
    firm_id text not null,
    file_id text not null,
    entry_id text not null,
    revision integer not null,
    content jsonb not null,
    validated_by text not null,
    validated_at timestamptz not null,
    primary key (firm_id, file_id, entry_id, revision)
);

alter table entry_content enable row level security;
alter table entry_content force row level security;
create policy one_firm on entry_content using (current_setting('qontable.scope', true) = 'service'
    or firm_id = current_setting('qontable.firm_id', true));

-- migrate:down
drop table entry_content;
