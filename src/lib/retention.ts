// What of the history is kept, in words.
import { count, day, many, size } from './format';
import type { Keep, Outdated } from './wire';

/** What rules would drop. */
export function outdatedWords(outdated: Outdated): string {
  const stay =
    outdated.stay === 0 ? '' : ` ${count(outdated.stay)} more stay: pinned, or with a note.`;
  if (outdated.jobs === 0 || outdated.span === null)
    return `Drops nothing of what there is now.${stay}`;
  const [first, last] = outdated.span.map((at) => day(new Date(at)));
  const span = first === last ? `from ${first}` : `from ${first} to ${last}`;
  return `Drops ${many(outdated.jobs, 'job')} with ${size(outdated.bytes)} of log now, ${span}.${stay}`;
}

/** The fields of a rule, as they are typed; a size in GiB or with its unit. */
export interface KeepFields {
  days: string;
  jobs: string;
  size: string;
}

/** A rule as it is typed. */
export function keepFields(keep: Keep): KeepFields {
  const text = (n: number | null) => (n === null ? '' : String(n));
  const { mebibytes } = keep;
  const inGib = mebibytes !== null && mebibytes % 1024 === 0;
  return {
    days: text(keep.days),
    jobs: text(keep.jobs),
    size: mebibytes === null ? '' : inGib ? `${mebibytes / 1024} GiB` : `${mebibytes} MiB`,
  };
}

const MOST = 4_294_967_295;

/** What was typed as a rule, or what is wrong with it. */
export function keepOf(fields: KeepFields): Keep | string {
  const number = (text: string): number | null | undefined => {
    const typed = text.replace(/[\s,_]/g, '');
    if (typed === '') return null;
    return /^[1-9][0-9]*$/.test(typed) && Number(typed) <= MOST ? Number(typed) : undefined;
  };
  const days = number(fields.days);
  if (days === undefined) return 'Days: give a whole number from 1 on, or nothing to keep all.';
  const jobs = number(fields.jobs);
  if (jobs === undefined) return 'Jobs: give a whole number from 1 on, or nothing to keep all.';
  const bad = 'Size: give it as 500 MiB or 20 GiB, or nothing to keep all.';
  const typed = fields.size.trim();
  if (typed === '') return { days, jobs, mebibytes: null };
  const [, digits, unit] = /^([0-9]+(?:\.[0-9]+)?)\s*([MGT]?)(?:iB|B)?$/i.exec(typed) ?? [];
  if (digits === undefined) return bad;
  const factor = { M: 1, G: 1024, T: 1024 ** 2 }[(unit || 'G').toUpperCase()] ?? 1;
  const mebibytes = Math.round(Number(digits) * factor);
  return mebibytes >= 1 && mebibytes <= MOST ? { days, jobs, mebibytes } : bad;
}
