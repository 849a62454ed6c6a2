-- Jobs and their logs. Everything of a job is keyed by its id, so the tables can be spread over several machines by it.

create table jobs (
  id           uuid        primary key,  -- version 7: ids sort by when they were made, so the list is paged by the id alone
  type         text        not null check (type in ('local', 'ssh')),
  command      text        not null,     -- as a person would type it
  status       text        not null check (status in ('queued', 'running', 'done', 'error', 'canceled', 'lost')),
  started_at   timestamptz,              -- null while it waits, and for ever where it could not start
  finished_at  timestamptz,

  queued_at    timestamptz not null,
  project      text,                     -- of a target; null for a command
  target       text,                     -- the targets, separated by spaces
  host         text,                     -- null on this machine
  exit_code    integer,                  -- where it exited by itself
  signal       text,                     -- without SIG, where one ended it
  reason       text,                     -- how it ended in words; null where it has not or has ended well
  batch        uuid,                     -- shared by the jobs that one click started on many hosts
  owner        text        not null,     -- user@machine: only the owner's engine writes this job
  pty          boolean     not null,
  lines        bigint      not null,
  bytes        bigint      not null,
  detail       jsonb       not null,     -- what nobody filters by: argv, variables, folder, commit, the exact exit

  -- How far the log is archived, changed in one transaction with the rows of job_logs it speaks of.
  archived_seq    bigint not null default 0,  -- the next chunk's number
  archived_offset bigint not null default 0,  -- where that chunk stands in the spool
  archived_stdout bigint not null default 0,  -- bytes of each stream, to number the next row's first byte
  archived_stderr bigint not null default 0,
  archived_lines  bigint not null default 0,
  archived_state  bytea  not null default ''  -- where a reader of lines stands there; only that reader can tell what it means
) with (fillfactor = 80);  -- the mark moves often and touches no index: room on the page keeps those updates cheap

-- One index for each thing the list is filtered by, each in the list's order.
create index jobs_by_status  on jobs (status, id desc);
create index jobs_by_project on jobs (project, id desc) where project is not null;
create index jobs_by_target  on jobs (target, id desc)  where target is not null;
create index jobs_by_host    on jobs (host, id desc)    where host is not null;
create index jobs_by_batch   on jobs (batch, id desc)   where batch is not null;
create index jobs_by_owner   on jobs (owner, id desc);

-- A row is what one stream wrote in about 64 KiB of a job's output: a batch of chunks. Chunks of both streams that were
-- read in turn make one batch of two rows.
create table job_logs (
  job_id       uuid        not null references jobs (id) on delete cascade,
  seq          bigint      not null,  -- of the batch's first chunk; the batch's rows share it
  stream       text        not null check (stream in ('stdout', 'stderr')),
  "timestamp"  timestamptz not null,  -- when the row's first byte was read
  first_line   bigint      not null,  -- number of the first line that starts in the batch, or of the next one where none does
  byte_offset  bigint      not null,  -- of the row's first byte in its stream
  data         text        not null,  -- what was written, as text
  raw          bytea,                 -- the exact bytes, only where text cannot hold them: NUL, invalid UTF-8
  meta         bytea       not null,  -- where each chunk of this stream ends and when it was read, so that reading gives back the same chunks
  state        bytea,                 -- where a reader of lines stands at the batch's start; in the row of its first chunk alone
  primary key (job_id, seq, stream)
);

-- Finds the batch a line starts in. Batches of one endless line share their first_line: the last of them is the one.
create index job_logs_by_line on job_logs (job_id, first_line, seq);

-- Log text is what fills the disk and what the server spends its time on, and lz4 packs it several times faster than
-- pglz. Not every build has it.
do $$
begin
  if exists (
    select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)
  ) then
    alter table job_logs alter column data set compression lz4;
    alter table job_logs alter column raw  set compression lz4;
  end if;
end
$$;
