// What `tauri dev` runs beside the window: the binaries that the app starts, and then the page's development server.
// In this order, because Tauri opens the window as soon as the server answers. The whole workspace in one call, because a
// part of it alone would be built with other features, and then again.
import { spawn, spawnSync } from 'node:child_process';

const built = spawnSync('cargo', ['build', '--workspace', '--bins'], { stdio: 'inherit' });
if (built.status !== 0) {
  console.error('vmo and vmo-supervisor did not build; the first error above says where');
  process.exit(1);
}
const server = spawn('npm', ['run', 'dev'], { stdio: 'inherit' });
server.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal));
