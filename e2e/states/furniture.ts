// The projects and hosts of a person who has been here for a while.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from '../serve';
import type { Sshd } from '../sshd';

const run = promisify(execFile);

/** A target for each kind of field and of ending. */
const SHOP = `
## which environment @choice dev|staging|production
ENV ?= staging
## how many at once
COUNT ?= 10
## keep the disks @bool
KEEP ?= no
## opens the door @secret
KEY ?=
## what goes into the changelog
NOTE ?=
## where it goes @host
HOST ?=
REGISTRY ?= registry.example.org/shop

override LEVEL = low

##@ Every day
.PHONY: show build slow release roll wipe hold
show: ## Show what it was given
	$(if $(NAME),,$(error NAME is needed))
	@echo 'env=$(ENV) count=$(COUNT) keep=$(KEEP) name=$(NAME) level=$(LEVEL) to=$(REGISTRY)'
	@test '$(KEY)' != hunter2 || echo 'the key is right'

build: ## Build both parts, the second with an error
	@echo 'building the shop'
	@$(MAKE) -C parts/api
	@$(MAKE) -C parts/web

slow: ## Take longer than it may @timeout 1s
	@echo 'this goes on and on'; sleep 30

release: ## Release it in three steps, of which the last fails
	seq -f '#%.0f compiled' 30
	@echo 'silent lines belong to the one before'
	seq -f 'pushed layer %.0f of 12' 12; sleep 0.4
	printf 'GET /healthz 200\\nPOST /cart 000\\n'; exit 7

roll: ## Roll it out, which never ends
	seq -f 'replica %.0f is new' 6
	@sleep 0.3
	echo 'waiting for the seventh'; exec sleep 1000

##@ Rarely
wipe: ## Wipe a host @danger
	@echo 'wiped $(HOST)'

hold: ## Hold the door until it is canceled @exclusive
	@echo 'the door is open'; sleep 1000
`;

const API = `
all:
	@seq -f 'api: compiled %.0f of 40' 40
`;

const WEB = `
all:
	@seq -f 'web: compiled %.0f of 40' 40
	@echo 'src/cart.ts:12:7: error: cannot find name total' >&2
	@echo 'src/cart.ts:31:3: warning: unused' >&2
	@exit 3
`;

const BROKEN = `
.PHONY: fine
fine: ## Works all the same
	@echo fine
wrong:
    @echo these are blanks
`;

/** Lays all of it out in their home. */
export async function furnish(home: Home, sshd: Sshd, closed: number): Promise<void> {
  const at = (path: string) => join(home.root, 'home', path);
  const files: [string, string][] = [
    ['shop/Makefile', SHOP],
    ['shop/parts/api/Makefile', API],
    ['shop/parts/web/Makefile', WEB],
    ['billing/Makefile', BROKEN],
    ['stranger/Makefile', 'hello: ## Say hello\n\t@echo hello\n'],
  ];
  for (const [path, text] of files) {
    await mkdir(join(at(path), '..'), { recursive: true });
    await writeFile(at(path), text);
  }
  await commit(at('shop'), home);
  await writeFile(at('shop/Makefile'), `${SHOP}\n# To be said in the next commit.\n`);
  const names = ['shop', 'billing', 'stranger', 'archive'];
  const lines = names.map((name) => `${name} ${at(name)} 1\n`);
  await writeFile(join(home.root, 'registry'), lines.join(''));
  await mkdir(at('.ssh'), { mode: 0o700 });
  await writeFile(join(home.root, 'ssh_config'), hosts(home, sshd, closed));
}

async function commit(folder: string, home: Home): Promise<void> {
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      cwd: folder,
      env: home.env,
    });
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'git@example.org:team/shop.git');
  await git('add', '.');
  await git('commit', '--quiet', '--message=The shop');
}

/**
 * Two names of one machine that answers, two that do not, one that is reached by a command, two that are new, and one that
 * wants a hardware key.
 */
function hosts(home: Home, sshd: Sshd, closed: number): string {
  const block = (name: string, port: number) => `
Host ${name}
  HostName 127.0.0.1
  Port ${port}
  User ${userInfo().username}
  IdentityFile ${join(home.root, 'sshd/user')}
  UserKnownHostsFile ${join(home.root, 'known_hosts')}
`;
  const answering = ['web-1', 'web-2'].map((name) => block(name, sshd.port));
  const silent = ['db-1', 'cache-1'].map((name) => block(name, closed));
  // Their keys are known nowhere, as if each were a machine of its own.
  const strange = ['new-1', 'new-2'].map(
    (name) => `${block(name, sshd.port)}  HostKeyAlias ${name}\n`,
  );
  const behind = `${block('vault-1', closed)}  ProxyCommand cloudflared access ssh --hostname %h\n`;
  // Its key is not asked about: the only wait is for the person's own.
  const own = `${block('safe-1', sshd.port)}  HostKeyAlias safe-1
  StrictHostKeyChecking accept-new
  IdentityAgent ${join(home.root, 'agent')}
`.replace(/ {2}IdentityFile .*\n/, '');
  return [...answering, ...silent, behind, ...strange, own].join('');
}
