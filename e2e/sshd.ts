// A real sshd for scenarios with hosts.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An sshd on loopback that lets this user in with one key. */
export class Sshd {
  private constructor(
    readonly port: number,
    readonly fingerprint: string,
    private readonly child: ChildProcess,
    /** The file of the key that it lets in. */
    readonly key: string,
  ) {}

  /** `settings` are further lines of its config. */
  static async start(folder: string, settings: string[] = []): Promise<Sshd> {
    await mkdir(folder, { recursive: true });
    const [host, user] = [join(folder, 'host'), join(folder, 'user')];
    for (const key of [host, user])
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    await copyFile(`${user}.pub`, join(folder, 'authorized'));
    const port = await freePort();
    const config = join(folder, 'sshd_config');
    await writeFile(
      config,
      [
        `ListenAddress 127.0.0.1:${port}`,
        `HostKey ${host}`,
        `AuthorizedKeysFile ${join(folder, 'authorized')}`,
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'PermitRootLogin yes',
        `PidFile ${join(folder, 'pid')}`,
        ...settings,
      ].join('\n'),
    );
    // As root it wants a folder of its own.
    if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const messages = createInterface({ input: child.stderr! });
    await new Promise<void>((resolve, reject) => {
      messages.on('line', (line) => line.includes('listening') && resolve());
      child.once('exit', (code) => reject(new Error(`sshd ended with ${code}`)));
    });
    const { stdout } = await run('ssh-keygen', ['-lf', `${host}.pub`]);
    return new Sshd(port, stdout.split(' ')[1]!, child, user);
  }

  async stop(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill();
    await gone;
  }
}

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
