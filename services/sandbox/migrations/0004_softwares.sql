-- migrate:up

-- A third party's account of a software that keeps general account and subsidiary code apart names its general account.
alter table software_accounts add column collective text;

-- An entry's own label, where the software has one beside those of its lines. Look-ups show the entry from `shown_at` on
-- (the fault "show later"); the judge sees it at once.
alter table booked_entries add column label text, add column shown_at timestamptz not null default now();

-- The characters of the mark by which a software without references knows the entry again (ACK code, DESIGN 2).
alter table published add column mark text;
create index published_mark on published (connector, software_file_id, mark) where mark is not null;

-- migrate:down
drop index published_mark;
alter table published drop column mark;
alter table booked_entries drop column label, drop column shown_at;
alter table software_accounts drop column collective;
