import { concatBytes } from '@openprepay/kernel';
import { isProtocolError } from '@openprepay/protocols';
import { type Ask, driverOf, type SettingKind, type SettingValues } from '@openprepay/protocols/driver';
import { describe, expect, test } from 'vitest';
import { plusMinutes } from '../src/wall-clock.ts';
import { converse, NOON, type VirtualMeter } from './virtual-meter.ts';

const LATER = plusMinutes(NOON, 3);
/** What each setting is set to; prices are as many as the model has tariffs. */
const SETTINGS: { readonly [K in SettingKind]: SettingValues[K] } = {
  keep_power: { on: true },
  clock: { local: LATER },
  price_table: { prices: ['0.5001', '1.2345', '0.8000', '0.0001'] },
  alarm_amounts: { alarm1Fen: 5_000, alarm2Fen: 1_001 },
};
const NOISE = Uint8Array.of(0x00, 0x68, 0x55, 0x66, 0xfe, 0xfe);
const NOTHING = new Uint8Array(0);

/**
 * What every driver must do with every model: declare it with a virtual meter of the model. `meterAt` makes one that
 * answers to one of two addresses.
 */
export function driverConformance(name: string, meterAt: (which: 0 | 1) => VirtualMeter): void {
  describe(`the driver of ${name}`, () => {
    readings(meterAt);
    lines(meterAt);
    switching(meterAt);
    settings(meterAt);
    frozen(meterAt);
  });
}

const driverFor = ({ point }: VirtualMeter) => driverOf(point.model);
const plain = (meter: VirtualMeter) => (ask: Ask) => answerOf(meter, ask);
const answerOf = (meter: VirtualMeter, { request }: Ask): Uint8Array => meter.answer(request) ?? NOTHING;
const readAll = (meter: VirtualMeter, answer = plain(meter)) => converse(driverFor(meter).read(meter.point), answer);

function refusal(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return error.code;
  }
}

function readings(meterAt: (which: 0 | 1) => VirtualMeter): void {
  test('says what the meter shows', () => {
    const meter = meterAt(0);
    const { value } = readAll(meter);
    expect(value.total).toBe(meter.total);
    expect([meter.clock, null]).toContainEqual(value.clock);
    expect(value.switchState).toBe(meter.point.model.switch === null ? null : 'on');
  });

  test('gives any total that the register can show', () => {
    const meter = meterAt(0);
    const { modulus } = meter.point.model;
    for (const total of [0n, 10n, 680_000n, 166_816_680n, modulus / 2n - ((modulus / 2n) % 10n), modulus - 10n]) {
      meter.total = total;
      expect(readAll(meter).value.total).toBe(total);
    }
  });

  test('takes an impossible time for none, and loses no reading by it', () => {
    const meter = meterAt(0);
    meter.faults.absurdClock = true;
    expect(readAll(meter).value).toMatchObject({ total: meter.total, clock: null });
  });

  test('shows no phase that the meter does not have', () => {
    const meter = meterAt(0);
    meter.faults.absentPhases = true;
    const names = readAll(meter).value.details.map((detail) => detail.name);
    expect(new Set(names).size).toBe(names.length);
    if (meter.point.model.driver === 'dlt645') expect(names).not.toContain('voltage_b');
    if (meter.point.model.phases === 1) expect(names.join()).not.toMatch(/_[bc]\b/);
  });

  test('reads value by value where a block is refused', () => {
    const meter = meterAt(0);
    meter.faults.refusesBlocks = true;
    expect(readAll(meter).value.total).toBe(meter.total);
  });

  test('joins an answer that comes in parts', () => {
    const meter = meterAt(0);
    const whole = readAll(meter).value;
    meter.faults.partBytes = 3;
    expect(readAll(meter).value).toEqual(whole);
  });

  test('is refused in the meter’s words', () => {
    const meter = meterAt(0);
    meter.faults.refuses = true;
    expect(refusal(() => readAll(meter))).toMatch(/^(meter\.refused|frame\.bad_payload)$/);
  });
}

function lines(meterAt: (which: 0 | 1) => VirtualMeter): void {
  test.each<readonly [string, (ask: Ask, answer: Uint8Array) => Uint8Array[]]>([
    ['byte by byte', (_, answer) => Array.from(answer, (byte) => Uint8Array.of(byte))],
    ['behind its echo', ({ request }, answer) => [concatBytes(request, answer)]],
    ['behind noise', (_, answer) => [NOISE, answer]],
    ['twice in one piece', (_, answer) => [concatBytes(answer, answer)]],
  ])('finds the answer %s', (_, deliver) => {
    const meter = meterAt(0);
    const driver = driverFor(meter);
    const { value } = readAll(meter, (ask) => {
      const stream = driver.createStream();
      const frames = deliver(ask, answerOf(meter, ask)).flatMap((chunk) => stream.push(chunk));
      return frames.find(({ frame }) => ask.fits?.(frame))?.frame ?? NOTHING;
    });
    expect(value.total).toBe(meter.total);
  });

  test('takes no answer of another meter, nor its own echo', () => {
    const meter = meterAt(0);
    const other = meterAt(1);
    const theirs = readAll(other).asks.map((ask) => answerOf(other, ask));
    for (const ask of readAll(meter).asks) {
      for (const answer of theirs) expect(ask.fits?.(answer)).toBe(false);
      for (const { frame } of driverFor(meter).createStream().push(ask.request)) expect(ask.fits?.(frame)).toBe(false);
    }
  });

  test('takes no late answer to another question', () => {
    const meter = meterAt(0);
    const pairs = readAll(meter).asks.map((ask) => ({ ask, answer: answerOf(meter, ask) }));
    for (const { ask } of pairs) {
      for (const other of pairs) {
        const same = Buffer.compare(other.ask.request, ask.request) === 0;
        expect(ask.fits?.(other.answer)).toBe(same);
      }
    }
  });

  test('takes nothing for an answer that is no frame', () => {
    const [ask] = readAll(meterAt(0)).asks;
    for (const bytes of [NOTHING, NOISE, Uint8Array.of(0x68), new Uint8Array(300)])
      expect(ask?.fits?.(bytes)).toBe(false);
  });

  test.each(['', 'meter', '-1', '0x12', '123456789012345', '999999999999'])('refuses the address %j', (address) => {
    expect(refusal(() => driverFor(meterAt(0)).parseAddress(address))).toBe('meter.bad_address');
  });
}

function switching(meterAt: (which: 0 | 1) => VirtualMeter): void {
  const { model } = meterAt(0).point;
  if (model.switch === null) {
    test('orders nothing of a meter without relay or valve', () => {
      const meter = meterAt(0);
      const order = () => converse(driverFor(meter).writeSwitch(meter.point, 'off', NOON), plain(meter));
      expect(refusal(order)).toBe('meter.not_supported');
    });
    return;
  }

  test('orders off and on, and sees both', () => {
    const meter = meterAt(0);
    const driver = driverFor(meter);
    for (const wanted of ['off', 'on', 'off'] as const) {
      const { asks } = converse(driver.writeSwitch(meter.point, wanted, NOON), plain(meter));
      expect(asks.map((ask) => ask.write)).toEqual([true]);
      expect(meter.switchState).toBe(wanted);
      expect(converse(driver.readSwitch(meter.point, wanted), plain(meter)).value).toBe(wanted);
    }
  });

  test('is content with a bare acknowledgement, and told of a refusal', () => {
    const meter = meterAt(0);
    const order = (answer: (ask: Ask) => Uint8Array) => () =>
      converse(driverFor(meter).writeSwitch(meter.point, 'off', NOON), answer);
    expect(refusal(order(() => NOTHING))).toBeNull();
    meter.faults.refuses = true;
    expect(refusal(order(plain(meter)))).toBe('meter.refused');
  });
}

function settings(meterAt: (which: 0 | 1) => VirtualMeter): void {
  const { model } = meterAt(0).point;
  const kinds = Object.keys(SETTINGS).filter((kind): kind is SettingKind => kind in SETTINGS);

  test('offers the settings of the model, and those not verified only where that is allowed', () => {
    const { point } = meterAt(0);
    const careful = { ...point, access: { ...point.access, unverified: 'no' } };
    const offered = (at: typeof point) => kinds.filter((kind) => driverOf(model).setting(at, kind) !== null);
    expect(offered(point)).toEqual(kinds.filter((kind) => model.settings.includes(kind)));
    expect(offered(careful)).toEqual(offered(point).filter((kind) => !model.unverified.includes(kind)));
  });

  if (model.settings.length === 0) return;
  test.each(model.settings)('writes %s, and reads back what it wrote', (kind) => {
    roundTrip(meterAt(0), kind);
  });
}

function roundTrip<K extends SettingKind>(meter: VirtualMeter, kind: K): void {
  const dialogues = driverFor(meter).setting(meter.point, kind);
  if (dialogues === null) throw new Error(`${kind} is not offered`);
  const { asks } = converse(dialogues.write(meter.point, SETTINGS[kind]), plain(meter));
  expect(asks.some((ask) => ask.write)).toBe(true);
  expect(converse(dialogues.readBack(meter.point), plain(meter)).value).toEqual(SETTINGS[kind]);
}

function frozen(meterAt: (which: 0 | 1) => VirtualMeter): void {
  test('gives what the meter froze between two times, oldest first', () => {
    const meter = meterAt(0);
    const hours = [0, 1, 2, 3, 4].map((hour) => ({ ...plusMinutes(NOON, 60 * hour), second: 0 }));
    meter.frozen = hours.map((clock, at) => ({ clock, total: BigInt(at) * 10n, tariffs: [0n, null, 10n, 0n] }));
    const [, from = NOON, , to = NOON] = hours;
    const { value } = converse(driverFor(meter).readFrozen(meter.point, from, to), plain(meter));
    expect(value).toEqual(meter.point.model.freezes === 'hourly' ? meter.frozen.slice(1, 4) : []);
  });
}
