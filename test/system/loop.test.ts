import type { StallDetail } from '@openprepay/contract';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  eventually,
  expectProved,
  type OrdinaryStall,
  ordinaryStall,
  startTestMarket,
  type TestMarket,
} from './support.ts';

/** Market minutes a minute: a meter reports every 30 market minutes, so every 7.5 seconds here. */
const SPEED = 240;
const PLENTY_FEN = 100_000_00;

const meterOf = (stall: StallDetail, kind: 'electricity' | 'water') => {
  const meter = stall.meters.find((candidate) => candidate.kind === kind);
  if (!meter) throw new Error(`no ${kind} meter at ${stall.code}`);
  return meter;
};

let market: TestMarket;
let ordinary: OrdinaryStall;
/** Begins with next to nothing. */
let poor: OrdinaryStall;
/** A relay is given up after four writes with their read-backs, most of a minute: it has that time beside the other tests. */
let stuck: OrdinaryStall;

beforeAll(async () => {
  market = await startTestMarket({
    stalls: 16,
    speed: SPEED,
    prepare: (site) => {
      [ordinary, poor, stuck] = [ordinaryStall(site, 0), ordinaryStall(site, 1), ordinaryStall(site, 2)];
      return {
        ...site,
        accounts: site.accounts.map((account) => ({
          ...account,
          openingBalanceFen: account.stalls.includes(poor.code) ? 150 : PLENTY_FEN,
        })),
      };
    },
  });
});
afterAll(() => market?.stop());

test('every meter is online and read', async () => {
  await eventually(async () => {
    const { summary } = await market.api('grid', { params: { marketId: market.marketId } });
    expect(summary.metersOnline).toBe(summary.meters);
    expect(summary.metersRead).toBe(summary.meters);
  });
});

test('a relay that does not move is asked for all the same', async () => {
  market.simulator.electricity(stuck.electricity).stuck = true;
  await market.override(meterOf(await market.stall(stuck.code), 'electricity').meterId, 'forced_off');
  await eventually(async () => {
    const { wanted, switchState } = meterOf(await market.stall(stuck.code), 'electricity');
    expect([wanted, switchState]).toEqual(['off', 'on']);
  });
});

describe('a balance runs out', () => {
  test('the final notice is recorded, then relay and valve are off and the read-back says so', async () => {
    market.simulator.electricity(poor.electricity).setLoad(4_000);
    await eventually(async () => {
      const stall = await market.stall(poor.code);
      expect(stall.notices.map(({ stage }) => stage)).toContain('final');
      for (const kind of ['electricity', 'water'] as const) {
        expect(meterOf(stall, kind)).toMatchObject({ switchState: 'off', wanted: 'off' });
        expect(meterOf(stall, kind).commands[0]).toMatchObject({ wanted: 'off', state: 'confirmed' });
      }
    }, 120_000);
    const stall = await market.stall(poor.code);
    expect(stall.state).toBe('arrears_cut');
    const notice = stall.notices.find(({ stage }) => stage === 'final');
    const command = meterOf(stall, 'electricity').commands[0];
    expect(Date.parse(notice?.raisedAt ?? '')).toBeLessThanOrEqual(Date.parse(command?.createdAt ?? ''));
    expect(market.simulator.electricity(poor.electricity).relay).toBe('off');
    expect(market.simulator.water(poor.water).valve).toBe('off');
  });

  test('forced on restores supply in spite of the balance', async () => {
    const { meterId } = meterOf(await market.stall(poor.code), 'electricity');
    market.simulator.electricity(poor.electricity).setLoad(0);
    await market.override(meterId, 'forced_on');
    await eventually(async () => expect(meterOf(await market.stall(poor.code), 'electricity').switchState).toBe('on'));
    await market.override(meterId, 'auto');
    await eventually(async () => expect(meterOf(await market.stall(poor.code), 'electricity').switchState).toBe('off'));
  });

  test('a top-up puts the close command on the wire within a second, and it is confirmed', async () => {
    const { meterId } = meterOf(await market.stall(poor.code), 'electricity');
    const paidAt = performance.now();
    await market.topUp(poor.code, 50_000);
    await vi.waitFor(
      async () => {
        const [command] = await market.db.query<{ state: string; wanted: string }>(
          'select state, wanted from command where market_id = $1 and meter_id = $2 order by created_at desc, command_id desc limit 1',
          [market.marketId, meterId],
        );
        expect(command?.wanted).toBe('on');
        expect(['sent', 'acknowledged', 'confirmed']).toContain(command?.state);
      },
      { timeout: 5_000, interval: 10 },
    );
    expect(performance.now() - paidAt).toBeLessThan(1_000);
    await eventually(async () => {
      const stall = await market.stall(poor.code);
      expect(meterOf(stall, 'electricity')).toMatchObject({ switchState: 'on' });
      expect(meterOf(stall, 'water')).toMatchObject({ switchState: 'on' });
    });
    expect(market.simulator.electricity(poor.electricity).relay).toBe('on');
    expect(market.simulator.water(poor.water).valve).toBe('on');
  });
});

describe('an override, a stop, an absence', () => {
  /** Takes what is in the purse but 10 fen, as a charge would, by use: the meter runs at full load until the switch goes. */
  const useUp = (load: number | null) => {
    market.simulator.electricity(ordinary.electricity).setLoad(load);
  };
  const switchIs = (kind: 'electricity' | 'water', state: 'on' | 'off', withinMs?: number) =>
    eventually(async () => {
      const meter = meterOf(await market.stall(ordinary.code), kind);
      expect(meter.switchState).toBe(state);
      expect(meter.commands[0]?.state).toBe('confirmed');
      return meter;
    }, withinMs);

  test('forced off cuts electricity and water, and a top-up does not bring them back', async () => {
    const stall = await market.stall(ordinary.code);
    await market.override(meterOf(stall, 'electricity').meterId, 'forced_off');
    await market.override(meterOf(stall, 'water').meterId, 'forced_off');
    await switchIs('electricity', 'off');
    expect(market.simulator.electricity(ordinary.electricity).relay).toBe('off');
    await switchIs('water', 'off');
    expect(market.simulator.water(ordinary.water).valve).toBe('off');

    await market.topUp(ordinary.code, 1_000);
    const after = await market.stall(ordinary.code);
    expect(after.account?.purses.find(({ kind }) => kind === 'utility')?.balanceFen).toBeGreaterThan(0);
    expect(meterOf(after, 'electricity').commands[0]).toMatchObject({ wanted: 'off', state: 'confirmed' });
    expect(meterOf(after, 'electricity').wanted).toBe('off');
  });

  test('back to auto, supply follows the balance: on again', async () => {
    const stall = await market.stall(ordinary.code);
    await market.override(meterOf(stall, 'electricity').meterId, 'auto');
    await market.override(meterOf(stall, 'water').meterId, 'auto');
    await switchIs('electricity', 'on');
    await switchIs('water', 'on');
  });

  test('a relay that is off stops its register', async () => {
    const stall = await market.stall(ordinary.code);
    await market.override(meterOf(stall, 'electricity').meterId, 'forced_off');
    await switchIs('electricity', 'off');
    const meter = market.simulator.electricity(ordinary.electricity);
    const before = meter.totalWh;
    useUp(5_000);
    await eventually(async () => {
      const readings = meterOf(await market.stall(ordinary.code), 'electricity').readings;
      expect(readings.filter(({ total }) => BigInt(total) === before).length).toBeGreaterThan(1);
    });
    expect(meter.totalWh).toBe(before);
    useUp(null);
    await market.override(meterOf(stall, 'electricity').meterId, 'auto');
    await switchIs('electricity', 'on');
  });

  test('a meter that was offline when the decision fell is switched after it comes back', async () => {
    const stall = await market.stall(ordinary.code);
    const meter = market.simulator.electricity(ordinary.electricity);
    meter.disconnect();
    await eventually(async () => expect(meterOf(await market.stall(ordinary.code), 'electricity').online).toBe(false));
    await market.override(meterOf(stall, 'electricity').meterId, 'forced_off');
    await eventually(async () => {
      expect(meterOf(await market.stall(ordinary.code), 'electricity').commands[0]?.state).toBe('queued');
    });
    expect(meter.relay).toBe('on');
    meter.reconnect();
    await switchIs('electricity', 'off');
    await market.override(meterOf(stall, 'electricity').meterId, 'auto');
    await switchIs('electricity', 'on');
  });
});

test('the relay that does not move ends on the exception list, and leaves it when it moves again', async () => {
  const { meterId } = meterOf(await market.stall(stuck.code), 'electricity');
  const isListed = async () => {
    const { exceptions } = await market.api('exceptions', { params: { marketId: market.marketId }, query: {} });
    return exceptions.some((exception) => exception.meterId === meterId && exception.kind === 'switch_not_confirmed');
  };
  await eventually(async () => expect(await isListed()).toBe(true), 120_000);
  market.simulator.electricity(stuck.electricity).stuck = false;
  await market.override(meterId, 'auto');
  await eventually(async () => expect(await isListed()).toBe(false), 120_000);
  await eventually(async () => {
    expect(meterOf(await market.stall(stuck.code), 'electricity').switchState).toBe('on');
  });
});

test('the books are proved', async () => {
  expectProved(await market.verify());
});
