-- migrate:up

-- What is searched for words, as it is compared: code and label, each cut to what an index row holds. It stands in the
-- index by which a page is read anyway: looking for a word among 50,000 accounts reads no row that is not shown, and a
-- refresh keeps one index, not two.
alter table reference_row add column sought text generated always as (
    lower(left(code, 80)) || ' ' || lower(left(label, 160))
) stored;
alter table reference_row drop constraint reference_row_pkey;
alter table reference_row add primary key (firm_id, file_id, kind, code) include (sought);

-- migrate:down
alter table reference_row drop constraint reference_row_pkey;
alter table reference_row add primary key (firm_id, file_id, kind, code);
alter table reference_row drop column sought;
