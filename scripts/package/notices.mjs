// What the packages hold of others, for those who get them: the licence texts in one file, and a list that programs read
// (CycloneDX 1.5). Of what is compiled in: not of tests, nor of what only builds. Without the network.
//
//   node scripts/package/notices.mjs FOLDER     writes FOLDER/THIRD-PARTY and FOLDER/sbom.cdx.json
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const to = process.argv[2];
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
// Of the page's packages, those that only build or check it are in none of its files.
const IN_THE_PAGE = [
  '@fontsource-variable/inter',
  '@fontsource-variable/jetbrains-mono',
  '@internationalized/date',
  '@lucide/svelte',
  '@sveltejs/kit',
  '@tauri-apps/api',
  '@xterm/addon-fit',
  '@xterm/xterm',
  'bits-ui',
  'clsx',
  'svelte',
  'tailwind-merge',
  'tailwind-variants',
  'tailwindcss',
];
const LICENCE = /^(licen[cs]e|copying|notice|copyright|unlicense)/i;

/** The licence texts that lie in a package's folder. */
function texts(folder) {
  const names = readdirSync(folder).filter((name) => LICENCE.test(name));
  return names
    .sort()
    .flatMap((name) => {
      try {
        return [readFileSync(join(folder, name), 'utf8').trim()];
      } catch {
        return []; // A folder of them: its crate's manifest names the licence all the same.
      }
    })
    .filter((text) => text !== '');
}

/** The crates that are compiled into our programs. */
function crates() {
  const features = 'vm-orchestrator/built-in-page,orchestrator/vendored-openssl';
  const platform = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
  const asked = ['metadata', '--format-version', '1', '--offline', '--features', features];
  const all = execFileSync('cargo', [...asked, '--filter-platform', platform], {
    maxBuffer: 1 << 28,
  });
  const { packages, resolve, workspace_members: ours } = JSON.parse(all);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const about = new Map(packages.map((one) => [one.id, one]));
  const isMacro = (id) => about.get(id).targets.some(({ kind }) => kind.includes('proc-macro'));
  const reached = new Set();
  const left = [...ours];
  while (left.length > 0) {
    const id = left.pop();
    if (reached.has(id)) continue;
    reached.add(id);
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      // What a macro writes is ours; what it is made of stays with the compiler.
      if (kinds.some(({ kind }) => kind === null) && !isMacro(pkg)) left.push(pkg);
    }
  }
  // The sources of OpenSSL, which a crate brings along for its build, are compiled in too.
  const vendored = packages.filter(({ name }) => name === 'openssl-src').map(({ id }) => id);
  return [...reached, ...vendored]
    .filter((id) => !ours.includes(id))
    .map((id) => about.get(id))
    .map((one) => {
      const folder = one.manifest_path.replace(/Cargo\.toml$/, '');
      const openssl = join(folder, 'openssl');
      const own = texts(folder);
      return {
        name: one.name,
        version: one.version,
        licence: one.license ?? 'see its text',
        url: `pkg:cargo/${one.name}@${one.version}`,
        texts: existsSync(openssl) ? [...own, ...texts(openssl)] : own,
      };
    });
}

/** The npm packages that the page is made of, and what those need. */
function modules() {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const reached = new Map();
  // A package of the same name inside another's folder comes before the one at the top.
  const where = (name, from) =>
    [`${from}/node_modules/${name}`, `node_modules/${name}`].find((path) => path in packages);
  const left = IN_THE_PAGE.map((name) => where(name, ''));
  while (left.length > 0) {
    const path = left.pop();
    if (path === undefined || reached.has(path)) continue;
    reached.set(path, packages[path]);
    // Kit's own dependencies build; what it puts into the page is its own.
    if (path.endsWith('@sveltejs/kit') || path.endsWith('tailwindcss')) continue;
    for (const name of Object.keys(packages[path].dependencies ?? {})) left.push(where(name, path));
  }
  return [...reached].map(([path, one]) => {
    const name = path.replace(/^.*node_modules\//, '');
    return {
      name,
      version: one.version,
      licence: one.license ?? 'see its text',
      url: `pkg:npm/${name.replace('@', '%40')}@${one.version}`,
      texts: texts(path),
    };
  });
}

/** PostgreSQL and the libraries it came with. */
function postgres() {
  const of = readFileSync('target/postgres/VERSION', 'utf8').trim().split(' ')[1];
  const parts = JSON.parse(readFileSync('scripts/package/postgres-parts.json', 'utf8'));
  return parts.map((part) => ({
    ...part,
    version: part.version ?? of,
    url: `pkg:generic/${part.name.toLowerCase()}@${part.version ?? of}`,
    texts: [part.text.join('\n')],
  }));
}

const parts = [...postgres(), ...crates(), ...modules()].sort((one, other) =>
  `${one.name} ${one.version}`.localeCompare(`${other.name} ${other.version}`),
);

// A text that many have is there once, with all their names above it.
const shared = new Map();
const silent = [];
for (const part of parts) {
  const name = `${part.name} ${part.version} (${part.licence})`;
  if (part.texts.length === 0) silent.push(name);
  for (const text of part.texts) {
    const key = createHash('sha256').update(text.replaceAll(/\s+/g, ' ')).digest('hex');
    if (!shared.has(key)) shared.set(key, { text, names: [] });
    shared.get(key).names.push(name);
  }
}
const rule = '='.repeat(100);
const blocks = [...shared.values()].map(({ text, names }) => `${names.join('\n')}\n\n${text}`);
const head = `What VM Orchestrator ${version} holds of others, and their licences.\n
These came without a text of their own; their licence is one of those below:\n${silent.map((name) => `  ${name}`).join('\n')}`;
mkdirSync(to, { recursive: true });
writeFileSync(join(to, 'THIRD-PARTY'), `${[head, ...blocks].join(`\n\n${rule}\n\n`)}\n`);

const component = ({ name, version, licence, url }) => ({
  type: 'library',
  name,
  version,
  'bom-ref': url,
  purl: url,
  licenses: [{ expression: licence.replaceAll('/', ' OR ') }],
});
const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { type: 'application', name: 'vm-orchestrator', version } },
  components: parts.map(component),
};
writeFileSync(join(to, 'sbom.cdx.json'), `${JSON.stringify(bom, null, 1)}\n`);
console.log(`${parts.length} parts of others, ${shared.size} licence texts`);
