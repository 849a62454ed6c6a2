// The environment of a host, by its mark or a tag that names one; its word and colour are the same wherever the host is shown.
import type { Host } from './wire';

/** An environment, and how careful one has to be there. */
export interface Environment {
  /** As its tag names it. */
  name: string;
  tone: 'production' | 'staging' | 'development';
}

/** The class of its word's colour. */
export const TONE: Record<Environment['tone'], string> = {
  production: 'text-warning',
  staging: 'text-primary-text',
  development: 'text-success',
};

const NAMES: [RegExp, Environment['tone']][] = [
  [/^(prod|prd|production|live)$/i, 'production'],
  [/^(staging|stage|stg|preprod|pre-prod|uat|acceptance)$/i, 'staging'],
  [/^(dev|development|test|testing|qa|int|integration|sandbox|demo|local)$/i, 'development'],
];

/** The environment of a host; null if nothing says one. Of several the one that asks for most care. */
export function environmentOf(host: Pick<Host, 'production' | 'tags'>): Environment | null {
  if (host.production) return { name: 'production', tone: 'production' };
  for (const [names, tone] of NAMES) {
    const name = host.tags.find((tag) => names.test(tag));
    if (name !== undefined) return { name, tone };
  }
  return null;
}
