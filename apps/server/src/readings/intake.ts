import { judgeSeries, type MeterLimits } from '@openprepay/domain';
import { assert } from '@openprepay/kernel';
import { meterModels } from '@openprepay/protocols';
import type { Database, Tx } from '../platform/database.ts';
import {
  insertFrames,
  insertReadings,
  type JudgedReading,
  lockMeters,
  openHolds,
  type StateChange,
  saveStates,
  surroundings,
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
): Promise<JudgedReading[]> {
  const given = new Map<string, { report: MeterReport; reading: Omit<JudgedReading, 'suspect'> }>();
  for (const report of reports) {
    if (report.reading === null) continue;
    const { meterId, receivedAt } = report;
    const key = `${meterId} ${report.reading.readAt.getTime()}`;
    const reading = { ...report.reading, meterId, receivedAt, frameId: frameIds.get(report) ?? null };
    if (!given.has(key)) given.set(key, { report, reading });
  }
  const candidates = [...given.values()];
  const around = await surroundings(
    tx,
    marketId,
    candidates.map(({ reading }) => reading),
  );
  const fresh = candidates
    .map((candidate, index) => ({ ...candidate, known: around[index]?.known, good: around[index]?.good ?? [] }))
    .filter(({ known }) => known === false);
  const judged: JudgedReading[] = [];
  for (const [, ofMeter] of Map.groupBy(fresh, ({ reading }) => reading.meterId)) {
    const [first] = ofMeter;
    assert(first, 'a group has members');
    const readings = ofMeter.map(({ reading }) => reading);
    const good = ofMeter.flatMap((one) => one.good);
    for (const { reading, suspect } of judgeSeries(readings, good, limitsOf(first.report))) {
      judged.push({ ...reading, suspect });
    }
  }
  return judged;
}

/** A model that is not in the catalogue has no greatest power to judge by. */
export const limitsOf = ({ kind, model, ctRatio }: Pick<MeterReport, 'kind' | 'model' | 'ctRatio'>): MeterLimits => ({
  kind,
  ctRatio,
  maxPerHour: meterModels[model]?.maxPerHour ?? null,
});

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
