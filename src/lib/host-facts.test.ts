import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { LOOK, logsOf, readFacts, restartOf, shellIn } from './host-facts';

const OUTPUT = `@@vmo kernel
Linux 6.1.0-18-amd64 x86_64
@@vmo system
Debian GNU/Linux 12 (bookworm)
@@vmo uptime
350735.47 234388.90
@@vmo load
0.20 0.18 1.12 1/80 11206
@@vmo cpus
4
@@vmo memory
MemTotal:       16303424 kB
MemFree:          512000 kB
MemAvailable:    8151712 kB
@@vmo disks
Filesystem     1024-blocks      Used Available Capacity Mounted on
udev               8130000         0   8130000       0% /dev
/dev/vda1         41152812  20576406  18464000      53% /
tmpfs              1630344       300   1630044       1% /run
/dev/loop3           65536     65536         0     100% /snap/core20/1828
nas:/export/data 103219200  51609600  51609600      50% /mnt/my data
@@vmo containers
web|running|Up 3 days|nginx:1.25
old job|exited|Exited (1) 2 hours ago|busybox
@@vmo units
  cron.service loaded active running Regular background program processing daemon
● nginx.service loaded failed failed A high performance web server
  gone.service not-found inactive dead gone.service
  idle.service loaded inactive dead Something at rest`.split('\n');

describe('facts of a host', () => {
  test('its output is read', () => {
    const facts = readFacts(OUTPUT);
    expect(facts).toMatchObject({
      kernel: 'Linux 6.1.0-18-amd64 x86_64',
      system: 'Debian GNU/Linux 12 (bookworm)',
      uptime: 350_735_470,
      load: [0.2, 0.18, 1.12],
      cpus: 4,
      memory: { size: 16303424 * 1024, available: 8151712 * 1024 },
    });
    expect(facts.disks.map(({ mount, used }) => [mount, used])).toEqual([
      ['/', 20576406 * 1024],
      ['/mnt/my data', 51609600 * 1024],
    ]);
    expect(facts.services.map(({ name, state, runs }) => [name, state, runs])).toEqual([
      ['web', 'Up 3 days', true],
      ['old job', 'Exited (1) 2 hours ago', false],
      ['cron', 'active (running)', true],
      ['nginx', 'failed (failed)', false],
    ]);
  });

  test('this machine answers it, in a bare shell', () => {
    const output = execFileSync('sh', ['-c', LOOK], { env: { PATH: process.env.PATH } });
    const facts = readFacts(output.toString().split('\n'));
    expect(facts.kernel).toMatch(/^\w+ \S+/);
    if (process.platform === 'linux') {
      expect(facts.uptime).toBeGreaterThan(0);
      expect(facts.memory!.size).toBeGreaterThan(facts.memory!.available);
    }
  });

  test('what a host does not know is not made up', () => {
    const empty = { kernel: null, uptime: null, load: null, cpus: null, memory: null };
    expect(readFacts([])).toMatchObject({ ...empty, disks: [], services: [] });
    const odd = ['@@vmo uptime', '@@vmo load', 'cat: not found', '@@vmo disks', '', '@@vmo cpus'];
    expect(readFacts(odd)).toMatchObject({ ...empty, disks: [], services: [] });
  });

  test('the name of a service is one word of its commands', () => {
    const [, old] = readFacts(OUTPUT).services;
    expect(logsOf(old!)).toBe("docker logs -f --tail 200 'old job'");
    expect(restartOf({ ...old!, name: "a'b; rm -rf /" })).toBe(
      "docker restart 'a'\\''b; rm -rf /'",
    );
    expect(shellIn(old!)).toBeNull();
    expect(shellIn({ ...old!, runs: true })).toBe("docker exec -it 'old job' sh");
  });
});
