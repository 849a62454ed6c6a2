// Fresh folders for a run of the app, so that what another run left cannot make this one pass; and their end.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// How long the app, and then the embedded Postgres, may take to go, in seconds.
const STOPPING = 20;

/** A home, and the variables that make the app use it and nothing of this machine's user. */
export function freshFolders(home = mkdtempSync(join(tmpdir(), 'vmo-e2e-'))) {
  mkdirSync(home, { recursive: true });
  const env = {
    HOME: home,
    VMO_DATA_DIR: join(home, 'data'),
    VMO_CONFIG_DIR: join(home, 'config'),
    MKCLI_REGISTRY: join(home, 'registry'),
    VMO_SSH_CONFIG: join(home, 'ssh_config'),
    VMO_POSTGRES_LINGER_MS: '200',
  };
  const locks = join(env.VMO_DATA_DIR, 'postgres');
  return {
    home,
    env,
    /** Waits until no app uses the folders any more. */
    left: () => unlocked(join(locks, 'holders.lock')),
    /** Waits until the embedded Postgres has gone too, and removes the folders. */
    remove: () => remove(home, locks),
  };
}

function remove(home, locks) {
  // Whoever takes the folders away before the server has gone leaves one that nobody knows of.
  unlocked(join(locks, 'guardian.lock'));
  removeApart(locks);
  rmSync(home, { recursive: true, force: true });
}

/**
 * As root the private server's data lies apart from its folder, where the account it runs as can reach it
 * (store/embedded/place.rs): removes it, once the server has gone.
 *
 * @param {string} locks The folder `postgres` of the app's data.
 */
export function removeApart(locks) {
  if (!existsSync(locks)) return;
  const apart = join('/var/lib/vm-orchestrator', fnv1a(realpathSync(locks)));
  rmSync(apart, { recursive: true, force: true });
}

function unlocked(lock) {
  if (existsSync(lock)) execFileSync('flock', ['-w', String(STOPPING), lock, 'true']);
}

/** FNV-1a, 64 bit, in hexadecimal. */
function fnv1a(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
