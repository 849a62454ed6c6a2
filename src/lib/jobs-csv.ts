// A list of jobs as text for a spreadsheet.
import { csv } from './batch';
import { elapsed, isOver, STATUS_WORD, where } from './job';
import type { Job } from './wire';

const HEAD = [
  'Job',
  'Status',
  'Exit code',
  'Project',
  'Target',
  'Command',
  'Where',
  'Queued',
  'Started',
  'Ended',
  'Seconds',
  'Bytes',
  'Who',
  'Commit',
  'Reason',
];

/** A row for each; times are UTC. */
export function jobsCsv(jobs: Job[]): string {
  const rows = jobs.map((job) => {
    const ran = isOver(job) ? elapsed(job, 0) : null;
    return [
      job.id,
      STATUS_WORD[job.status],
      job.exit_code === null ? '' : String(job.exit_code),
      job.project ?? '',
      job.target ?? '',
      job.command,
      where(job),
      job.queued_at,
      job.started_at ?? '',
      job.finished_at ?? '',
      ran === null ? '' : String(ran / 1000),
      String(job.bytes),
      job.owner,
      job.commit === null ? '' : `${job.commit.hash}${job.commit.dirty > 0 ? '*' : ''}`,
      job.reason ?? '',
    ];
  });
  return csv([HEAD, ...rows]);
}
