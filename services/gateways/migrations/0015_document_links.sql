-- migrate:up

-- Where a software may fetch a document of one attempt (decision 16). The token itself is nowhere: only its hash. A link
-- also ends with its attempt: when the entry comes back, when it leaves again, when it is taken back.
create table document_links (
    token_sha256 bytea primary key,
    delivery_id text not null references deliveries,
    attempt integer not null,
    firm_id text not null,
    connection_id text not null,
    document json not null, -- name, type, size, hash and place of the bytes
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index document_links_delivery on document_links (delivery_id);
create index document_links_open on document_links (firm_id, connection_id) where revoked_at is null;

-- migrate:down
drop table document_links;
