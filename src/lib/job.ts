// Words for a job: what it is, where it ran, how long it took. Everything that shows one uses these.
import { LOOK } from './host-facts';
import type { BatchStatus, Earlier, HostState, Job, JobId, JobQuery, Status } from './wire';

/**
 * How a job, a host of a batch, or a batch is. A job that is queued may be on its way to its host, one that runs may wait for
 * a person to type or be about to be canceled, and one that failed may never have reached its host.
 */
export type AnyStatus = Status | 'connecting' | 'waiting' | 'canceling' | HostState | BatchStatus;

/** How a job is, as it is shown. */
export function shownStatus(
  job: Pick<Job, 'status' | 'prompt' | 'host' | 'waits' | 'unreachable' | 'last_signal'>,
): AnyStatus {
  if (job.status === 'running' && job.last_signal?.requested) return 'canceling';
  if (job.status === 'running' && job.prompt !== null) return 'waiting';
  if (job.status === 'queued' && job.host !== null && job.waits === null) return 'connecting';
  return job.status === 'error' && job.unreachable !== null ? 'unreachable' : job.status;
}

/** How a command begins by which the app looks for a project on hosts. */
const SEEKS = "sh -c ': looks for a project;";

/** Whether the app ran it on hosts to look at something there: nothing that a person typed or would run again. */
export function isLook(job: Pick<Job, 'project' | 'command'>): boolean {
  return job.project === null && (job.command === LOOK || job.command.startsWith(SEEKS));
}

/** The word a person reads. */
export const STATUS_WORD: Record<AnyStatus, string> = {
  queued: 'Queued',
  connecting: 'Connecting',
  running: 'Running',
  waiting: 'Waits for input',
  canceling: 'Canceling',
  done: 'Done',
  error: 'Error',
  canceled: 'Canceled',
  lost: 'Lost',
  unreachable: 'Unreachable',
  held: 'Held',
  skipped: 'Skipped',
  partial: 'Partial',
};

/** The colour of its icon and its word. */
export const STATUS_COLOR: Record<AnyStatus, string> = {
  queued: 'text-muted-foreground',
  connecting: 'text-primary-text',
  running: 'text-primary-text',
  waiting: 'text-warning',
  canceling: 'text-primary-text',
  done: 'text-success',
  error: 'text-error',
  canceled: 'text-muted-foreground',
  lost: 'text-warning',
  unreachable: 'text-error',
  held: 'text-warning',
  skipped: 'text-muted-foreground',
  partial: 'text-warning',
};

/** In the order a filter lists them. */
export const STATUSES: Status[] = ['running', 'queued', 'done', 'error', 'canceled', 'lost'];

/** Asks for every job. */
export const ANY_JOB: JobQuery = {
  status: null,
  statuses: [],
  project: null,
  target: null,
  host: null,
  hosts: [],
  batch: null,
  text: null,
  owner: null,
  since: null,
  until: null,
  pinned: false,
  before: null,
  limit: 0,
};

/** Another machine's clock may be ahead of ours by this much, in milliseconds. */
const AHEAD = 3_600_000;

/**
 * Sorts jobs, newest first, by their ids, which begin with the time of their creation. A job of a clock that was ahead
 * comes after all others, until its time has come.
 */
export function newestFirst(a: Pick<Job, 'id'>, b: Pick<Job, 'id'>, now = Date.now()): number {
  const ahead = Number(createdAt(a.id) > now + AHEAD) - Number(createdAt(b.id) > now + AHEAD);
  return ahead || (a.id < b.id ? 1 : -1);
}

/** When an id was created, in milliseconds since 1970 (RFC 9562, 5.7). */
function createdAt(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Whether it has ended, in any way. */
export function isOver(job: Pick<Job, 'status'>): boolean {
  return job.status !== 'queued' && job.status !== 'running';
}

/** The person's own shell, as a login gives it; on a host that is the host's. */
export const SHELL = 'exec "${SHELL:-sh}" -l';

/** What it is: the targets, or the command; what the app itself has run is named. */
export function title(job: Pick<Job, 'target' | 'command'>): string {
  if (job.target !== null) return job.target;
  if (job.command === SHELL) return 'Shell';
  return job.command === LOOK ? 'Facts' : job.command;
}

/** Where it belongs: the project, the host, or this machine. */
export function place(job: Pick<Job, 'project' | 'host'>): string {
  return job.project ?? where(job);
}

/** Where it runs. */
export function where(job: Pick<Job, 'host'>): string {
  return job.host ?? 'this machine';
}

/** The program that runs it, if a person types it. */
export function program(job: Pick<Job, 'project' | 'host'>): 'make' | 'ssh' | 'shell' {
  if (job.host !== null) return 'ssh';
  return job.project === null ? 'shell' : 'make';
}

/** How long it ran or has been running, in milliseconds; none if it never started. */
export function elapsed(job: Pick<Job, 'started_at' | 'finished_at'>, now: number): number | null {
  if (job.started_at === null) return null;
  const end = job.finished_at === null ? now : Date.parse(job.finished_at);
  return Math.max(0, end - Date.parse(job.started_at));
}

/** The runs before a job, oldest first, and last the job itself once it is over. */
export function withOwn(before: Earlier[], job: Job): Earlier[] {
  const ran = isOver(job) ? elapsed(job, 0) : null;
  return ran === null ? before : [...before, { id: job.id, status: job.status, took_ms: ran }];
}

/** When a job was made, as its id says: version 7 of UUIDs begins with milliseconds since 1970. */
export function madeAt(id: JobId): Date {
  return new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
}
