// The words around the fields of a launch form.
import { about } from '$lib/target-help';
import { dangerWords } from '$lib/danger';
import type { Form } from '$lib/state/launch/form';
import type { CommandFields } from '$lib/state/launch/command.svelte';
import type { TargetFields } from '$lib/state/launch/target-fields.svelte';

/** The words of a launch form. */
export interface Heading {
  title: string;
  aside: string | undefined;
  description: string | undefined;
  /** Where it runs, before the line. */
  where: string;
  /** Where a danger comes from and where it runs, as sentences. */
  danger: string;
  /** What the button does. */
  act: string;
}

/** The words for a form; `names` are those hosts in production that have to be typed. */
export function heading(
  form: Form,
  fields: TargetFields | CommandFields,
  names: string[],
): Heading {
  const where = fields.kind === 'target' ? fields.line.where : fields.where;
  if (form.kind === 'target') {
    const { name, place, danger } = form.target;
    // The question of the band is not repeated.
    const help = about(form.target);
    // The form shows itself what runs, and first of all what it leads to.
    const isShown = help?.by === 'command' || form.target.summary?.by.by === 'leads';
    const isAsked = danger !== null && form.target.doc === dangerWords(danger);
    const doc = help === null || isShown || isAsked ? null : help.whole;
    const called = fields.kind === 'target' ? fields.name : name;
    return {
      title: `Run ${name}`,
      aside: form.project.name,
      description: doc ?? `Defined at ${place.file}:${place.line}`,
      where,
      danger: `From ${place.file}:${place.line}. It runs on ${where} immediately.`,
      act: act(called, fields, names),
    };
  }
  return {
    title: 'Run a command',
    aside: undefined,
    description: undefined,
    where,
    danger: `It runs on ${where} immediately.`,
    act: `Run on ${where}`,
  };
}

/** What the button of a target does. On hosts it is looked for first. */
function act(name: string, fields: TargetFields | CommandFields, names: string[]): string {
  if (fields.kind === 'target' && fields.sought !== null) {
    const { line, ready, checkouts } = fields;
    if (checkouts === null) return `Look on ${line.where}`;
    const some = ready.length < line.hosts.length ? `${ready.length} of ${line.where}` : line.where;
    return `Run ${name} on ${some}`;
  }
  return names.length > 0 ? `Run ${name} on ${names.join(', ')}` : `Run ${name}`;
}
