-- What people say of jobs. A table of its own: a job's row is written by its owner's engine alone, and a note by anybody.
create table job_notes (
  job_id  uuid        primary key references jobs (id) on delete cascade,
  pinned  boolean     not null,
  text    text        not null,  -- empty where it is only pinned
  by      text        not null,  -- user@machine: who wrote it last
  at      timestamptz not null
);

create index job_notes_pinned on job_notes (job_id desc) where pinned;
