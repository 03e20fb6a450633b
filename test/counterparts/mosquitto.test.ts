import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MIXED_LINKS, mixedSite } from '@openprepay/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startTestMarket, type TestMarket, withBalances } from '../system/support.ts';
import { freePort, need, serve } from './programs.ts';

const PLENTY_FEN = 100_000_00;

let market: TestMarket;
let folder: string;
let stopBroker: () => Promise<void>;

beforeAll(async () => {
  const mosquitto = need('mosquitto');
  folder = await mkdtemp(join(tmpdir(), 'openprepay-mosquitto-'));
  const [port, modbusTcpPort] = [await freePort(), await freePort()];
  await writeFile(join(folder, 'conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  stopBroker = await serve(mosquitto, ['-v', '-c', join(folder, 'conf')], /running/);
  market = await startTestMarket({
    stalls: 0,
    speed: 240,
    mqttUrl: `mqtt://127.0.0.1:${port}`,
    draw: (given) => mixedSite({ ...given, busMeters: 1, modbusTcpPort }),
    prepare: (site) => withBalances(site, PLENTY_FEN),
  });
});
afterAll(async () => {
  await market?.stop();
  await stopBroker?.();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const stallsOn = (link: string) =>
  market.site.stalls.flatMap(({ code, meters }) =>
    meters.filter(({ linkKey }) => linkKey === link).map(({ serial }) => ({ code, serial })),
  );

async function shown({ code, serial }: { code: string; serial: string }) {
  const meter = (await market.stall(code)).meters.find((one) => one.serial === serial);
  if (!meter) throw new Error(`no meter ${serial}`);
  return meter;
}

test.each([
  ['the overseas family', MIXED_LINKS.mqttHw],
  ['the domestic family', MIXED_LINKS.mqttIot],
])('meters of %s are read and switched through mosquitto', async (_, link) => {
  const meters = stallsOn(link);
  expect(meters).not.toEqual([]);
  await eventually(async () => {
    for (const meter of meters) expect((await shown(meter)).readings).not.toEqual([]);
  }, 90_000);
  const [meter] = meters;
  if (!meter) throw new Error('no meter');
  for (const [override, state] of [
    ['forced_off', 'off'],
    ['forced_on', 'on'],
  ] as const) {
    await market.override((await shown(meter)).meterId, override);
    await eventually(async () => {
      const { switchState, commands } = await shown(meter);
      expect([switchState, commands[0]?.wanted, commands[0]?.state]).toEqual([state, state, 'confirmed']);
      expect(market.simulator.meter(meter.serial).switchState).toBe(state);
    }, 90_000);
  }
});
