import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@openprepay/kernel';
import { decodeLiveBlock, type LiveBlock, switchWrite } from '@openprepay/protocols/acrel1352';
import { encodeRequest } from '@openprepay/protocols/modbus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ScriptedServer } from '../test-support/scripted-server.ts';
import { firstSite } from './first-site.ts';
import type { SimulatorConfig } from './main.ts';

const ONE_HOUR_A_SECOND = 3_600;
const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
const configFile = join(folder, 'config.json');
const server = new ScriptedServer();
const children: ChildProcess[] = [];

beforeAll(async () => {
  const { host, port } = await server.listen();
  const secrets = { appKey: 'key', appSecret: 'secret', masterKey: 'master', pushToken: 'token' };
  const now = systemClock.now().getTime();
  const config: SimulatorConfig = {
    site: firstSite({ seed: 5, secrets, nbBaseUrl: 'http://127.0.0.1:1', stalls: 6 }),
    seed: 5,
    deviceHost: host,
    devicePort: port,
    nbListen: { host: '127.0.0.1', port: 0 },
    pushBaseUrl: 'http://127.0.0.1:1',
    stateFile: join(folder, 'state'),
    faults: [],
    clock: { anchorRealMs: now, anchorMarketMs: now, speed: ONE_HOUR_A_SECOND },
    connectWithinMs: 0,
  };
  writeFileSync(configFile, JSON.stringify(config));
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await server.close();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'main.ts'), ['--config', configFile], { stdio: 'ignore' });
  children.push(child);
  const [ready] = await once(child, 'message');
  expect(ready).toMatchObject({ kind: 'ready', nbBaseUrl: expect.stringMatching(/^http:\/\/127/) });
  return child;
}

/** The last live block of each meter among the messages from `from` on. */
function lastBlocks(from: number): Map<string, LiveBlock> {
  const blocks = new Map<string, LiveBlock>();
  for (const message of server.received.slice(from)) {
    if (message.kind !== 'data') continue;
    for (const { modbus } of message.sections) {
      blocks.set(server.sender.get(message) ?? '', decodeLiveBlock(modbus.subarray(3)));
    }
  }
  return blocks;
}

test('kill −9 and start again: no register shows less than it ever did, and a relay that was off is off', async () => {
  const first = await start();
  await server.until(() => lastBlocks(0).size === 6 && server.count('data') > 12);
  const beforeCut = server.received.length;
  server.send({ kind: 'transparent', modbus: encodeRequest(switchWrite('off', 1)) });
  const allOff = () => [...lastBlocks(beforeCut).values()].filter((block) => block.switchState === 'off').length === 6;
  await server.until(allOff);
  const before = lastBlocks(0);
  const exited = once(first, 'exit');
  first.kill('SIGKILL');
  await exited;

  const restart = server.received.length;
  await start();
  await server.until(() => lastBlocks(restart).size === 6);
  for (const [serial, block] of lastBlocks(restart)) {
    expect(block.totalWh).toBeGreaterThanOrEqual(before.get(serial)?.totalWh ?? -1n);
    expect(block).toMatchObject({ switchState: 'off', forced: true });
  }
});

test.each([
  ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
  ['SIGINT', (child: ChildProcess) => child.kill('SIGINT')],
  ['loss of its parent', (child: ChildProcess) => child.disconnect()],
] as const)('it ends cleanly on %s', async (_, end) => {
  const child = await start();
  const exited = once(child, 'exit');
  end(child);
  expect(await exited).toEqual([0, null]);
});

test('without its configuration it ends with an error', async () => {
  const child = fork(join(import.meta.dirname, 'main.ts'), [], { stdio: 'ignore' });
  children.push(child);
  expect(await once(child, 'exit')).toEqual([1, null]);
});
