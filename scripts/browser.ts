import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/**
 * A Chromium for the browser tests: the one named by $OPENPREPAY_CHROMIUM, else an installed one, else Debian's (as root
 * on a machine that has apt), else the one that comes from npm.
 */
export async function findChromium(say: (line: string) => void): Promise<string> {
  const named = process.env['OPENPREPAY_CHROMIUM'];
  if (named) return named;
  const installed = () => INSTALLED.find((path) => existsSync(path));
  const found = installed();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('Installing Chromium and Chinese fonts with apt-get …');
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-y', '-qq', 'chromium', 'fonts-noto-cjk'], { stdio: 'ignore', env });
    const fresh = installed();
    if (fresh) return fresh;
  }
  const { default: packaged } = await import('@sparticuz/chromium');
  return packaged.executablePath();
}
