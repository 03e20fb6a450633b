import { systemClock } from '@openprepay/kernel';
import { type BusHabits, DEFAULT_BUS } from '../src/bus/bus.ts';
import { type Fault, FaultPlan } from '../src/faults.ts';
import { Journal } from '../src/journal.ts';
import type { SiteMeter } from '../src/site.ts';
import { realTimers } from '../src/timers.ts';
import { DEFAULT_PACE, newCounters, type World } from '../src/world.ts';
import { ManualTime } from './manual-time.ts';

/** A Tuesday morning in the market, at the speed of the wire, without faults, on manual time. */
export function manualWorld(
  o: { time?: ManualTime; faults?: readonly Fault[]; stateFile?: string; seed?: number } = {},
) {
  const time = o.time ?? new ManualTime('2026-03-03T01:00:00Z');
  const seed = o.seed ?? 1;
  const world: World = {
    seed,
    clock: time,
    speed: 1,
    zone: 'Asia/Shanghai',
    timers: time,
    pace: DEFAULT_PACE,
    journal: new Journal(o.stateFile ?? null),
    faults: new FaultPlan(seed, time, [], o.faults ?? []),
    counters: newCounters(),
    log: () => {},
  };
  return { time, world };
}

export const singlePhase: SiteMeter = {
  kind: 'electricity',
  model: 'DDSY1352-NK',
  serial: '240600100001',
  ctRatio: 1,
  link: 'acrel4g',
  linkKey: '12406100100001',
  busAddress: '1',
};

export const threePhase: SiteMeter = { ...singlePhase, model: 'DTSY1352-NK', serial: '240600100002', ctRatio: 30 };

export const water: SiteMeter = {
  kind: 'water',
  model: 'NB-WATER-15',
  serial: '78041700100001',
  ctRatio: 1,
  link: 'nb',
  linkKey: '15090417/00112233445566778899aabbccddeeff',
  busAddress: '78041700100001',
};

export const meter645: SiteMeter = {
  kind: 'electricity',
  model: 'DDZY-645',
  serial: '202607000001',
  ctRatio: 1,
  link: 'dtu',
  linkKey: 'DTU001',
  busAddress: '202607000001',
  access: { password: '02123456', operator: '00000007' },
};

export const wiredWater: SiteMeter = {
  ...water,
  model: 'LXSY-188',
  serial: '78041700200001',
  link: 'dtu',
  linkKey: 'DTU001',
  busAddress: '78041700200001',
};

/** The same on the time of the wire, with short waits, for tests over real sockets. */
export function realWorld(o: { faults?: readonly Fault[]; seed?: number } = {}): World {
  const seed = o.seed ?? 1;
  return {
    seed,
    clock: systemClock,
    speed: 1,
    zone: 'Asia/Shanghai',
    timers: realTimers,
    pace: {
      ...DEFAULT_PACE,
      reconnectLeastMs: 10,
      reconnectMostMs: 50,
      heartbeatMs: 50,
      busTimeoutMs: 500,
      relayMoveMs: 1,
    },
    journal: new Journal(null),
    faults: new FaultPlan(seed, systemClock, [], o.faults ?? []),
    counters: newCounters(),
    log: () => {},
  };
}

/** A line without waits. */
export const fastBus: BusHabits = { ...DEFAULT_BUS, timing: 0, answerLeastMs: 0, answerMostMs: 0 };
