// What the form of a launch is open for.
import type { Filled, Job, Presets, Project, Scan, Target } from '$lib/wire';

/** The form of a target. */
export interface TargetForm {
  kind: 'target';
  project: Project;
  target: Target;
  scan: Scan;
  /** What is known of earlier launches. */
  presets: Presets;
  /** What to begin with, if that is not what it was last started with: a job's own values. */
  filled: Filled | null;
  /** The hosts on which it runs; none means this machine. */
  hosts?: string[];
}

/** The form of a shell command. */
export interface CommandForm {
  kind: 'command';
  /** None means this machine. */
  hosts: string[];
  /** The set of hosts as a person writes it, in place of their names. */
  set?: string;
  command: string;
  cwd: string | null;
  pty: boolean;
  /** Whether it runs as root on its hosts, by `sudo`. */
  sudo?: boolean;
}

/** What the form is open for. */
export type Form = TargetForm | CommandForm;

/** A job that this installation did not start, and what is known of that. */
export interface Foreign {
  job: Job;
  why: string;
}
