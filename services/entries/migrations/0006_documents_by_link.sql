-- migrate:up

-- The document whose link ends first is fetched first: it is found without looking at all that are wanted.
create index documents_by_link on documents (url_expires_at) where state = 'wanted';
drop index documents_wanted;

-- migrate:down
create index documents_wanted on documents (due_at) where state = 'wanted';
drop index documents_by_link;
