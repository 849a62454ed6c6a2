// How something is run on hosts, as it is filled in.
import type { BatchRules } from '$lib/wire';
import type { HostLine } from './host-line.svelte';

/** The fields of how it is run on hosts. */
export class RuleFields {
  /** Whether it runs as root. A terminal asks by itself. */
  sudo = $state(false);
  /** On how many hosts at once, in which waves, and after how many failures it stops; empty for the usual. */
  limit = $state('');
  waves = $state('');
  stopAfter = $state('');
  /** What runs on the hosts of a wave before the next one starts. */
  check = $state('');

  /** The rules for the hosts of a line, in a terminal or not. */
  of(line: HostLine, pty: boolean): BatchRules {
    const rules: BatchRules = {};
    if (this.sudo && !pty && line.hosts.length > 0) rules.sudo = true;
    if (line.hosts.length < 2) return rules;
    if (line.set !== '') rules.chosen = line.set;
    const filled = (text: string) => (text.trim() === '' ? undefined : text.trim());
    const [limit, waves] = [filled(this.limit), filled(this.waves)];
    const [stop, check] = [filled(this.stopAfter), filled(this.check)];
    if (limit !== undefined) rules.limit = limit;
    if (waves !== undefined) rules.waves = waves;
    if (stop !== undefined) rules.stop_after = stop;
    if (check !== undefined) rules.check = check;
    return rules;
  }
}
