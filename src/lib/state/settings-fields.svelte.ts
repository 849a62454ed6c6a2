// What is filled into the form of the settings, and the settings it makes.
import type { Settings } from '../wire';

/** The fields, filled with settings as they are. */
export class SettingsFields {
  url = $state('');
  schema = $state('');
  jobs = $state('');
  floor = $state('');
  busy = $state<Settings['when_busy']>('wait');
  trustAgain = $state(false);
  terminal = $state('');
  editor = $state('');
  /** One a line. */
  rules = $state('');

  readonly #of: Settings;

  /** The settings as they would be saved. */
  readonly wanted: Settings = $derived.by(() => ({
    ...this.#of,
    database_url: this.url.trim() || null,
    database_schema: this.schema.trim() || null,
    max_jobs: Number(this.jobs) || 0,
    disk_floor: this.floor.trim() === '' ? null : Number(this.floor) || 0,
    when_busy: this.busy,
    trust_again: this.trustAgain,
    terminal: this.terminal.trim() || null,
    editor: this.editor.trim() || null,
    error_rules: this.rules.split('\n').filter((rule) => rule.trim() !== ''),
  }));
  /** Whether there is something to save. */
  readonly changed = $derived.by(
    () => JSON.stringify(this.wanted) !== JSON.stringify({ ...this.wanted, ...this.#of }),
  );
  /** Whether it is another database, which is used from the next start on. */
  readonly moved = $derived.by(
    () =>
      this.wanted.database_url !== this.#of.database_url ||
      this.wanted.database_schema !== this.#of.database_schema,
  );

  constructor(settings: Settings) {
    this.#of = settings;
    this.url = settings.database_url ?? '';
    this.schema = settings.database_schema ?? '';
    this.jobs = settings.max_jobs === 0 ? '' : String(settings.max_jobs);
    this.floor = settings.disk_floor === null ? '' : String(settings.disk_floor);
    this.busy = settings.when_busy;
    this.trustAgain = settings.trust_again;
    this.terminal = settings.terminal ?? '';
    this.editor = settings.editor ?? '';
    this.rules = settings.error_rules.join('\n');
  }
}
