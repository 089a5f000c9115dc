-- migrate:up

-- Software files for which people want a client file in Qonto. `file_id` is the platform's answer.
create table file_creation (
    firm_id text not null,
    creation_id text not null,
    connection_id text not null,
    software_file_id text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    file_id text,
    answered_at timestamptz,
    primary key (firm_id, creation_id),
    unique (connection_id, software_file_id),
    foreign key (firm_id, connection_id) references connection (firm_id, connection_id)
);
alter table file_creation enable row level security;
alter table file_creation force row level security;
create policy one_firm on file_creation using (current_setting('qontable.scope', true) = 'service'
    or firm_id = current_setting('qontable.firm_id', true));

-- migrate:down
drop table file_creation;
