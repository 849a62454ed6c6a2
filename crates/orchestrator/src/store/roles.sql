-- Roles for a team: vmo_reader looks at everything and changes nothing; vmo_writer looks at everything, and writes the jobs,
-- logs, notes and batches of its own login. It is run once by the tables' owner or a superuser, and bears to be run again.
--
-- A login is personal: the name of the role is that of the person's account on the machine where the app runs, as the History
-- shows it before the @ of `name@machine`. So ann gets
--
--   create role ann login password '…' in role vmo_writer;
--
-- The owner of the tables is bound by none of it, and brings them up to date.
begin;

do $$
begin
  if not exists (select from pg_roles where rolname = 'vmo_reader') then
    create role vmo_reader nologin;
  end if;
  if not exists (select from pg_roles where rolname = 'vmo_writer') then
    create role vmo_writer nologin;
  end if;
end
$$;

grant usage on schema ours to vmo_reader, vmo_writer;
grant select on
  ours.vmo_migrations, ours.jobs, ours.job_logs, ours.job_notes, ours.job_owners, ours.job_batches,
  ours.log_index, ours.log_index_late, ours.log_index_units, ours.log_index_segments
  to vmo_reader, vmo_writer;
-- The index of the logs is everybody's, and holds nothing that the logs do not: whoever writes keeps it up to date.
grant insert, update, delete on
  ours.jobs, ours.job_logs, ours.job_notes, ours.job_owners, ours.job_batches,
  ours.log_index, ours.log_index_late, ours.log_index_units, ours.log_index_segments
  to vmo_writer;

create or replace function ours.is_of_this_login(owner text) returns boolean
  language sql stable parallel safe
  as $$ select split_part(owner, '@', 1) = current_user::text $$;

alter table ours.jobs enable row level security;
alter table ours.job_logs enable row level security;
alter table ours.job_notes enable row level security;
alter table ours.job_owners enable row level security;
alter table ours.job_batches enable row level security;

drop policy if exists all_look on ours.jobs;
drop policy if exists own_write on ours.jobs;
create policy all_look on ours.jobs for select to vmo_reader, vmo_writer using (true);
create policy own_write on ours.jobs to vmo_writer
  using (ours.is_of_this_login(owner)) with check (ours.is_of_this_login(owner));

-- A log belongs to whom its job belongs to. A short job is written with its log in one statement, which does not see the job
-- yet: so what is refused is a log of a job of somebody else.
drop policy if exists all_look on ours.job_logs;
drop policy if exists own_write on ours.job_logs;
create policy all_look on ours.job_logs for select to vmo_reader, vmo_writer using (true);
create policy own_write on ours.job_logs to vmo_writer
  using (not exists (select from ours.jobs as its where its.id = job_id and not ours.is_of_this_login(its.owner)))
  with check (not exists (select from ours.jobs as its where its.id = job_id and not ours.is_of_this_login(its.owner)));

-- A note may be on anybody's job, and is changed by who wrote it.
drop policy if exists all_look on ours.job_notes;
drop policy if exists own_write on ours.job_notes;
create policy all_look on ours.job_notes for select to vmo_reader, vmo_writer using (true);
create policy own_write on ours.job_notes to vmo_writer
  using (ours.is_of_this_login(by)) with check (ours.is_of_this_login(by));

drop policy if exists all_look on ours.job_owners;
drop policy if exists own_write on ours.job_owners;
create policy all_look on ours.job_owners for select to vmo_reader, vmo_writer using (true);
create policy own_write on ours.job_owners to vmo_writer
  using (ours.is_of_this_login(owner)) with check (ours.is_of_this_login(owner));

drop policy if exists all_look on ours.job_batches;
drop policy if exists own_write on ours.job_batches;
create policy all_look on ours.job_batches for select to vmo_reader, vmo_writer using (true);
create policy own_write on ours.job_batches to vmo_writer
  using (ours.is_of_this_login(owner)) with check (ours.is_of_this_login(owner));

commit;
