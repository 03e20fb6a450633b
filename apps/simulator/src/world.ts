import { type Clock, defineErrors } from '@openprepay/kernel';
import type { FaultPlan } from './faults.ts';
import type { Journal } from './journal.ts';
import type { Timers } from './timers.ts';

export const simulatorError = defineErrors({
  'simulator.unknown_meter': 404,
  'simulator.unknown_link': 404,
  'simulator.bad_site': 400,
  'simulator.bad_config': 400,
});

/** Waits on the wire, in real milliseconds whatever the market's speed. */
export interface WirePace {
  readonly ackTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly reconnectLeastMs: number;
  readonly reconnectMostMs: number;
  readonly answerLeastMs: number;
  readonly answerMostMs: number;
  readonly relayMoveMs: number;
  readonly valveMoveLeastMs: number;
  readonly reachableLeastMs: number;
  readonly pushRetryLeastMs: number;
  readonly pushRetryMostMs: number;
  /** How long a gateway waits for a meter on its own line. */
  readonly busTimeoutMs: number;
}

export const DEFAULT_PACE: WirePace = {
  ackTimeoutMs: 10_000,
  heartbeatMs: 60_000,
  reconnectLeastMs: 1_000,
  reconnectMostMs: 30_000,
  answerLeastMs: 30,
  answerMostMs: 120,
  relayMoveMs: 200,
  valveMoveLeastMs: 1_000,
  reachableLeastMs: 4_000,
  pushRetryLeastMs: 1_000,
  pushRetryMostMs: 10_000,
  busTimeoutMs: 1_000,
};

export interface Counters {
  framesSent: number;
  framesReceived: number;
  pushes: number;
  pushesFailed: number;
  pushesDropped: number;
  commandsDelivered: number;
}

export const newCounters = (): Counters => ({
  framesSent: 0,
  framesReceived: 0,
  pushes: 0,
  pushesFailed: 0,
  pushesDropped: 0,
  commandsDelivered: 0,
});

/** What every part of the simulated market shares. */
export interface World {
  readonly seed: number;
  readonly clock: Clock;
  /** Market seconds per second on the wire. */
  readonly speed: number;
  readonly zone: string;
  readonly timers: Timers;
  readonly pace: WirePace;
  readonly journal: Journal;
  readonly faults: FaultPlan;
  readonly counters: Counters;
  log(line: string): void;
}

export const nowMs = (world: World): number => world.clock.now().getTime();

/** How long a span of market time lasts on the wire, ms. */
export const onWireMs = (world: World, marketMs: number): number => Math.max(0, Math.ceil(marketMs / world.speed));
