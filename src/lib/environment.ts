// The environment of a host, by a tag to which a person gave a color, its mark, or a tag that names one; its word and colour
// are the same wherever the host is shown.
import type { Hue, Host } from './wire';

/** An environment, and the color that says how careful one has to be there. */
export interface Environment {
  /** As its tag names it. */
  name: string;
  tone: Hue;
}

/** What of a host says which it is in. */
type Marked = Pick<Host, 'colored' | 'production' | 'tags'>;

/** The class of its word's colour. */
export const TONE: Record<Hue, string> = {
  red: 'text-error',
  amber: 'text-warning',
  green: 'text-success',
  blue: 'text-primary-text',
  violet: 'text-violet',
  grey: 'text-muted-foreground',
};

const NAMES: [RegExp, Hue][] = [
  [/^(prod|prd|production|live)$/i, 'amber'],
  [/^(staging|stage|stg|preprod|pre-prod|uat|acceptance)$/i, 'blue'],
  [/^(dev|development|test|testing|qa|int|integration|sandbox|demo|local)$/i, 'green'],
];

/** The environment of a host; null if nothing says one. Of several the one that asks for most care. */
export function environmentOf(host: Marked): Environment | null {
  if (host.colored) return { name: host.colored.tag, tone: host.colored.color };
  if (host.production) return { name: 'production', tone: 'amber' };
  for (const [names, tone] of NAMES) {
    const name = host.tags.find((tag) => names.test(tag));
    if (name !== undefined) return { name, tone };
  }
  return null;
}

/** The environments of several hosts, that of most hosts first. */
export function environmentsOf(hosts: Marked[]): Environment[] {
  const found = new Map<string, { environment: Environment; count: number }>();
  for (const host of hosts) {
    const environment = environmentOf(host);
    if (!environment) continue;
    const key = `${environment.tone} ${environment.name}`;
    const one = found.get(key) ?? { environment, count: 0 };
    one.count += 1;
    found.set(key, one);
  }
  const all = [...found.values()].sort((a, b) => b.count - a.count);
  return all.map(({ environment }) => environment);
}
