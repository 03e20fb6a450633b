import { assert } from '@openprepay/kernel';
import type { Database, Tx } from '../platform/database.ts';
import { judgeNew, limitsOf, type ShownReading } from './judgement.ts';
import {
  insertFrames,
  insertReadings,
  type JudgedReading,
  lockMeters,
  openHolds,
  type StateChange,
  saveStates,
} from './store.ts';
import type { MeterReport } from './types.ts';

const MAX_REPORTS = 1_000;

/**
 * Takes in what meters said, several markets and several reports of one meter allowed: frames, readings with their
 * judgement, holds, and the state of the meters, in one transaction. Durable when it resolves, so only then may a
 * device be acknowledged. The same reports again change nothing but the contact.
 */
export async function intake(db: Database, reports: readonly MeterReport[]): Promise<void> {
  assert(reports.length <= MAX_REPORTS, 'too many reports at once', { count: reports.length });
  if (reports.length === 0) return;
  const byMarket = Map.groupBy(reports, (report) => report.marketId);
  await db.tx(async (tx) => {
    for (const marketId of [...byMarket.keys()].sort()) await takeIn(tx, marketId, byMarket.get(marketId) ?? []);
  });
}

async function takeIn(tx: Tx, marketId: string, reports: readonly MeterReport[]): Promise<void> {
  const byMeter = Map.groupBy(reports, (report) => report.meterId);
  await lockMeters(tx, marketId, [...byMeter.keys()]);
  const frameIds = await insertFrames(tx, marketId, reports);
  const judged = await judgeReports(tx, marketId, reports, frameIds);
  if (judged.length > 0) await insertReadings(tx, marketId, judged);
  await openHolds(tx, marketId, firstSuspects(judged));
  const lastReads = new Map<string, Date>();
  for (const { meterId, readAt, suspect } of judged) {
    if (suspect === null) lastReads.set(meterId, later(lastReads.get(meterId) ?? null, readAt));
  }
  const changes = [...byMeter].map(([meterId, ofMeter]) => stateChange(ofMeter, lastReads.get(meterId) ?? null));
  await saveStates(tx, marketId, changes);
  await tx.notify('readings', marketId);
  await tx.notify('grid', marketId);
}

/** The readings not stored yet, each meter's in order of time. */
async function judgeReports(
  tx: Tx,
  marketId: string,
  reports: readonly MeterReport[],
  frameIds: ReadonlyMap<MeterReport, string>,
): Promise<readonly JudgedReading[]> {
  const limits = new Map(reports.map((report) => [report.meterId, limitsOf(report)]));
  const shown = reports.flatMap((report): ShownReading[] => {
    if (report.reading === null) return [];
    const { meterId, receivedAt, reading } = report;
    const isAnswer = reading.origin === 'scheduled' || reading.origin === 'on_demand';
    return [{ ...reading, ...NOBODYS, meterId, receivedAt, isAnswer, frameId: frameIds.get(report) ?? null }];
  });
  return (await judgeNew(tx, marketId, shown, limits)).judged;
}

const NOBODYS = { operatorId: null, photoId: null, note: null };

function firstSuspects(judged: readonly JudgedReading[]) {
  const holds = judged.flatMap(({ meterId, readAt, suspect, receivedAt }) =>
    suspect === null ? [] : [{ meterId, readAt, reason: suspect, openedAt: receivedAt }],
  );
  return [...new Map(holds.reverse().map((hold) => [hold.meterId, hold])).values()];
}

function stateChange(ofMeter: readonly MeterReport[], lastReadAt: Date | null): StateChange {
  const [first] = ofMeter;
  assert(first, 'a meter has reports');
  let change: StateChange = {
    meterId: first.meterId,
    lastContactAt: first.receivedAt,
    lastReadAt,
    switch: null,
    batteryLow: null,
    wakeExpectedAt: null,
  };
  for (const report of ofMeter) {
    const at = spokenAt(report);
    const newer = report.switchState !== null && (change.switch === null || at >= change.switch.at);
    change = {
      ...change,
      lastContactAt: later(change.lastContactAt, report.receivedAt),
      switch: newer && report.switchState !== null ? { state: report.switchState, at } : change.switch,
      batteryLow: report.batteryLow ?? change.batteryLow,
      wakeExpectedAt: report.wakeExpectedAt ?? change.wakeExpectedAt,
    };
  }
  return change;
}

/**
 * When the meter was as the report says. What we asked for is as of now; what a meter sent by itself may have waited
 * in its memory, and says by its own clock since when.
 */
function spokenAt({ reading, receivedAt }: MeterReport): Date {
  return reading?.origin === 'pushed' && reading.readAt < receivedAt ? reading.readAt : receivedAt;
}

const later = (a: Date | null, b: Date): Date => (a !== null && a > b ? a : b);
