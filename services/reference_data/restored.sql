-- After a backup was restored (docs/runbooks/restored-backup.md): entries has heard versions that are forgotten here.
-- It notices the gap and asks for the full state.
begin;
update file set version = version + 1000000;
alter table file alter column version set default 1000000;
commit;
