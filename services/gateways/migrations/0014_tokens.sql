-- migrate:up

-- Tokens that a software gave in exchange for credentials and renews (decision 14). One row for each set of credentials
-- that a connection has or is about to have, and the newest tokens that descend from them.
create table tokens (
    connection_id text not null,
    descent text not null, -- a hash of the credentials that the tokens descend from
    firm_id text not null,
    connector text not null,
    generation bigint not null, -- counts renewals: each takes the place of the one before it, and of no other
    renew_at timestamptz not null,
    key_id text not null,
    box text not null, -- sealed tokens
    kept_at timestamptz not null default now(),
    primary key (connection_id, descent)
);
create index tokens_key_id on tokens (connector, key_id);

-- migrate:down
drop table tokens;
