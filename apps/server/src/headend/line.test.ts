import { fromHex } from '@openprepay/kernel';
import { meterModels, protocolError } from '@openprepay/protocols';
import { type Ask, driverOf, type MeterDriver } from '@openprepay/protocols/driver';
import { afterEach, expect, test, vi } from 'vitest';
import { silentLog } from '../platform/log.ts';
import { LINK_LIMITS } from './limits.ts';
import { HalfDuplexLine } from './line.ts';
import { PRIORITY, type ReachableMeter } from './reachable.ts';
import { createStats } from './stats.ts';
import type { SeenFrame } from './trace.ts';

/** A protocol of the test's own: a frame is one byte over 0F; the answer to a question is the byte after it. */
const [anyModel] = Object.values(meterModels);
if (!anyModel) throw new Error('no models');
const driver: MeterDriver = {
  ...driverOf(anyModel),
  protocol: 'test',
  createStream() {
    let skippedBytes = 0;
    return {
      push: (chunk: Uint8Array) =>
        [...chunk].flatMap((byte) => {
          if (byte < 0x10) skippedBytes += 1;
          return byte < 0x10 ? [] : [{ message: byte, frame: Uint8Array.of(byte) }];
        }),
      bufferedBytes: 0,
      get skippedBytes() {
        return skippedBytes;
      },
      rejectedFrames: 0,
      reset() {},
    };
  },
};

const meter = { driver, device: { marketId: 'm', meterId: '1', link: 'dtu', linkKey: 'k' } } as ReachableMeter;

const ask = (byte: number, write = false): Ask => ({
  request: Uint8Array.of(byte),
  write,
  fits: ([answer]) => answer === byte + 1,
});
const broadcast = (byte: number): Ask => ({ request: Uint8Array.of(byte), write: true, fits: null });

const lines: HalfDuplexLine[] = [];
afterEach(() => {
  for (const line of lines.splice(0)) line.close();
});

function make(options: { gapMs?: number; limits?: Partial<typeof LINK_LIMITS>; cannotCarry?: number } = {}) {
  const sent: number[] = [];
  const seen: SeenFrame[] = [];
  const stats = createStats(silentLog);
  const timedOut = vi.fn();
  const line = new HalfDuplexLine({
    limits: { ...LINK_LIMITS, replyWithinMs: 60, quietAfterTimeOutMs: 40, ...options.limits },
    stats,
    trace: { frame: (frame) => seen.push(frame), event() {} },
    gapMs: options.gapMs ?? 0,
    send([byte = 0]) {
      if (byte === options.cannotCarry) throw protocolError('frame.bad_value', 'not over this link');
      return sent.push(byte) > 0;
    },
    onAnswer() {},
    onTimeOut: timedOut,
  });
  lines.push(line);
  const question = (priority: 0 | 1 | 2 | 3, one: Ask | null) => line.ask(priority, () => one, meter);
  return { line, sent, seen, stats, timedOut, question };
}

test('one question is outstanding at a time, and of those that wait a command goes first', async () => {
  const { line, sent, question } = make();
  const first = question(PRIORITY.sweep, ask(0x20));
  const backfill = question(PRIORITY.backfill, ask(0x30));
  const sweep = question(PRIORITY.sweep, ask(0x40));
  const command = question(PRIORITY.command, ask(0x50));
  const person = question(PRIORITY.person, ask(0x60));
  await vi.waitFor(() => expect(sent).toEqual([0x20]));
  for (const [answer, waiting] of [
    [0x21, first],
    [0x51, command],
    [0x61, person],
    [0x41, sweep],
    [0x31, backfill],
  ] as const) {
    await vi.waitFor(() => expect(sent.at(-1)).toBe(answer - 1));
    line.receive(Uint8Array.of(answer));
    expect(await waiting).toEqual(Uint8Array.of(answer));
  }
  expect(sent).toEqual([0x20, 0x50, 0x60, 0x40, 0x30]);
});

test('a question withdrawn at the last moment is not sent, and does not hold up the next', async () => {
  const { line, sent, question } = make();
  expect(await question(PRIORITY.command, null)).toBeNull();
  const refused = line.ask(PRIORITY.command, () => Promise.reject(new Error('the database is away')), meter);
  await expect(refused).rejects.toThrow('the database is away');
  const next = question(PRIORITY.command, ask(0x20));
  await vi.waitFor(() => expect(sent).toEqual([0x20]));
  line.receive(fromHex('21'));
  await next;
});

test('what does not fit is stray, the question itself is an echo, and what is no frame is noise', async () => {
  const { line, stats, seen, question } = make();
  const waiting = question(PRIORITY.sweep, ask(0x20));
  await vi.waitFor(() => expect(stats.snapshot().requests_sent).toBe(1));
  line.receive(fromHex('20 99 01 02'.replaceAll(' ', '')));
  line.receive(fromHex('2121'));
  await waiting;
  expect(stats.snapshot()).toMatchObject({ echoes_filtered: 1, replies_stray: 2, noise_bytes: 2 });
  expect(line.receive(fromHex('21'))).toBe(false);
  expect(seen.map(({ direction, error }) => [direction, error === null])).toEqual([
    ['down', true],
    ['up', false],
    ['up', true],
    ['up', false],
  ]);
});

test('after a time-out the line is quiet for a while, and shows what it could not read', async () => {
  const { line, sent, seen, timedOut, question } = make();
  const waiting = question(PRIORITY.sweep, ask(0x20));
  const next = question(PRIORITY.sweep, ask(0x40));
  await vi.waitFor(() => expect(sent).toEqual([0x20]));
  line.receive(fromHex('0102'));
  await expect(waiting).rejects.toMatchObject({ code: 'headend.request_timed_out' });
  const timedOutMs = performance.now();
  expect(timedOut).toHaveBeenCalledWith(meter);
  expect(seen.at(-1)).toMatchObject({ direction: 'up', bytes: fromHex('0102'), error: 'no_frame' });
  line.receive(fromHex('21'));
  await vi.waitFor(() => expect(sent).toEqual([0x20, 0x40]));
  expect(performance.now() - timedOutMs).toBeGreaterThan(35);
  line.receive(fromHex('41'));
  await next;
});

test('a broadcast waits for nobody but the gap', async () => {
  const { line, sent, question } = make({ gapMs: 30 });
  const startedMs = performance.now();
  expect(await question(PRIORITY.command, broadcast(0x20))).toEqual(new Uint8Array(0));
  const next = question(PRIORITY.sweep, ask(0x40));
  await vi.waitFor(() => expect(sent).toEqual([0x20, 0x40]));
  expect(performance.now() - startedMs).toBeGreaterThan(25);
  line.receive(fromHex('41'));
  await next;
});

test('the link alone can acknowledge a write, never a read', async () => {
  const { line, stats, question } = make();
  const read = question(PRIORITY.sweep, ask(0x20));
  await vi.waitFor(() => expect(stats.snapshot().requests_sent).toBe(1));
  line.acknowledge();
  expect(stats.snapshot().replies_stray).toBe(1);
  line.receive(fromHex('21'));
  await read;
  const write = question(PRIORITY.command, ask(0x30, true));
  await vi.waitFor(() => expect(stats.snapshot().requests_sent).toBe(2));
  line.acknowledge();
  expect(await write).toEqual(new Uint8Array(0));
});

test('the queue has an end, and closing tells everybody who waits', async () => {
  const { line, question } = make({ limits: { maxRequestsQueued: 1 } });
  const outstanding = question(PRIORITY.sweep, ask(0x20));
  const queued = question(PRIORITY.sweep, ask(0x40));
  await expect(question(PRIORITY.sweep, ask(0x60))).rejects.toMatchObject({ code: 'headend.queue_full' });
  line.close();
  for (const one of [outstanding, queued, question(PRIORITY.sweep, ask(0x20))]) {
    await expect(one).rejects.toMatchObject({ code: 'headend.connection_closed' });
  }
});

test('a question that its link cannot carry ends at once, and takes nothing from the next one', async () => {
  const { line, sent, question } = make({ cannotCarry: 0x30 });
  await expect(question(PRIORITY.sweep, ask(0x30))).rejects.toThrow('not over this link');
  expect(line.receive(Uint8Array.of(0x31))).toBe(false);
  const next = question(PRIORITY.sweep, ask(0x40));
  await vi.waitFor(() => expect(sent).toEqual([0x40]));
  line.receive(Uint8Array.of(0x41));
  expect(await next).toEqual(Uint8Array.of(0x41));
});
