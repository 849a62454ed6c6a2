-- One command on many hosts, as one thing: the jobs of its hosts name it (jobs.batch). Hosts that never got a job, as those
-- that are held, are here alone.
create table job_batches (
  id           uuid        primary key,  -- version 7, as that of a job: the list is paged by the id alone
  owner        text        not null,     -- user@machine: only the owner's engine writes this batch
  command      text        not null,
  chosen       text        not null,     -- the set of hosts as it was written; empty where they were picked one by one
  status       text        not null check (status in ('running', 'done', 'partial', 'error', 'canceled')),
  hosts        integer     not null,     -- how many
  done         integer     not null,     -- of those, how many ended well
  queued_at    timestamptz not null,
  finished_at  timestamptz,              -- null while something runs or will by itself
  changes      bigint      not null,     -- what has happened so far: a late writer takes nothing back
  detail       jsonb       not null      -- all of it: rules, and of each host its name, wave, state and job
);

create index job_batches_by_owner on job_batches (owner, id desc);
