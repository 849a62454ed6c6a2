// Words for where logs are kept and how that place is.
import type { StoreState } from './wire';

/** The state of the store, in a few words and in detail. */
export interface StoreWords {
  text: string;
  detail: string;
  tone: 'quiet' | 'warning' | 'error';
}

/** The words for a state. */
export function storeWords(store: StoreState): StoreWords {
  const { health } = store;
  const place = store.embedded ? `the private server, ${store.address}` : store.address;
  switch (health.state) {
    case 'ready': {
      const detail = `PostgreSQL ${health.version} at ${place}`;
      if (store.warning === null) return { text: 'Logs kept in Postgres', detail, tone: 'quiet' };
      return {
        text: 'Logs kept in Postgres, with a warning',
        detail: `${detail}. ${store.warning}`,
        tone: 'warning',
      };
    }
    case 'starting':
      return { text: `Postgres: ${health.step}`, detail: place, tone: 'quiet' };
    case 'away':
      return {
        text: 'Postgres offline — logs wait on disk, nothing is lost',
        detail: health.why,
        tone: 'warning',
      };
    case 'refused':
      return {
        text: 'Postgres cannot be used — logs wait on disk',
        detail: health.why,
        tone: 'error',
      };
  }
}
