import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type Bridge, startBench, startBridge } from '@openprepay/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { need, needModule, run, script, serve } from './programs.ts';

const SERIAL = '26070001';
const UNIT = '1';
const PYMODBUS = 'apt-get install python3-pymodbus python3-serial-asyncio';

let bench: Bench;
let tcp: Bridge;
beforeEach(async () => {
  bench = await startBench({ port: 0, meters: [{ model: 'DDSY1352-NK', serial: SERIAL, busAddress: UNIT }] });
  const meter = bench.meter(SERIAL);
  if (!('answer' in meter)) throw new Error('a meter with a serial port');
  tcp = await startBridge(meter, 0, 'tcp');
});
afterEach(async () => {
  await tcp.close();
  await bench.close();
});

const meter = () => bench.meter(SERIAL);
/** The register counts hundredths of a kWh. */
const counts = () => Number(meter().total / 10n);

test.each(['tcp', 'rtu'] as const)('pymodbus reads and trips a simulated meter over %s', async (framing) => {
  const python = needModule('pymodbus', PYMODBUS);
  const port = framing === 'tcp' ? tcp.port : bench.port;
  const { said } = await run(python, [script('pymodbus_master.py'), String(port), framing, UNIT]);
  expect(JSON.parse(said)).toEqual({
    modelCode: 7,
    totalCounts: counts(),
    written: [0x57, 2],
    relayClosed: false,
    refused: 2,
  });
  expect(meter().switchState).toBe('off');
});

/** What mbpoll prints of each register. */
const registersIn = (said: string): number[] =>
  [...said.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map(([, value]) => Number(value));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openprepay-pty-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(['tcp', 'rtu'] as const)('mbpoll reads, trips and closes a simulated meter over %s', async (framing) => {
  const mbpoll = need('mbpoll');
  const tty = join(folder, `tty-${framing}`);
  const stop =
    framing === 'rtu' &&
    (await serve(
      need('socat'),
      ['-d', '-d', `pty,link=${tty},raw,echo=0`, `tcp:127.0.0.1:${bench.port}`],
      /starting data transfer/,
    ));
  const where = framing === 'tcp' ? ['-m', 'tcp', '-p', String(tcp.port)] : ['-m', 'rtu', '-b', '9600', '-P', 'none'];
  const device = framing === 'tcp' ? '127.0.0.1' : tty;
  const poll = (options: readonly string[], values: readonly string[] = []) =>
    run(mbpoll, [...where, '-a', UNIT, '-0', ...options, device, ...values]);

  expect(registersIn((await poll(['-r', '512', '-c', '2', '-1'])).said)[0]).toBe(7);
  const total = await poll(['-t', '4:int', '-B', '-r', String(0x0215), '-c', '1', '-1']);
  expect(registersIn(total.said)).toEqual([counts()]);
  for (const [position, state] of [
    ['1', 'off'],
    ['0', 'on'],
  ] as const) {
    const written = await poll(['-r', String(0x0057), '-t', '4'], ['1', position]);
    expect(written.said).toContain('Written 2 references');
    await vi.waitFor(async () => {
      const [bits = 0] = registersIn((await poll(['-t', '4', '-r', String(0x0224), '-c', '1', '-1'])).said);
      expect((bits & 0x2000) === 0 ? 'off' : 'on').toBe(state);
    });
    expect(meter().switchState).toBe(state);
  }
  expect(await poll(['-r', String(0x7000), '-c', '1', '-1'])).toMatchObject({ exitCode: 1 });
  if (stop) await stop();
});
