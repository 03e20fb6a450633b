import { setImmediate } from 'node:timers/promises';
import { MAX_SHADOW_ROWS, type ShadowAccount, type ShadowRun } from '@openprepay/contract';
import { type BillingState, billingPeriodOf, type PriceRule, parseRule, shadowCharge } from '@openprepay/domain';
import { instantOf, type MeterKind, OpenPrepayError, quantity } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import type { Database, Queryable } from '../platform/database.ts';
import { marketPricing } from './cap-store.ts';
import { listDrafts } from './draft-store.ts';
import { noSuchDraft } from './drafts.ts';
import { pricesError } from './errors.ts';
import { noSuchPlan } from './plans.ts';
import { readingsFor, withParts } from './shadow-readings.ts';
import type { Stretch } from './shadow-readings-store.ts';
import {
  accountNames,
  type ChargedStretch,
  chargedStretches,
  type MonthRange,
  plainStretches,
  type ShadowMeter,
  shadowMeters,
  usedInYear,
} from './shadow-store.ts';
import { listPlans } from './store.ts';

/**
 * A month of so many meters is read at once. About the tariffs' borders it is some numbers a meter, and the more at once the
 * better, for a border is looked up for all of them; where a rule goes by registers it may be every reading.
 */
const METERS_A_BATCH = 5_000;
const METERS_A_BATCH_BY_REGISTERS = 200;
/** After pricing so many meters other work of the program goes on. */
const METERS_A_TURN = 50;
const DEFAULT_ROWS = 200;

export interface ShadowQuestion {
  readonly marketId: string;
  readonly kind: MeterKind;
  readonly rule: PriceRule;
  /** YYYY-MM, over by now. */
  readonly month: string;
  /** Only what this plan charged; null: every plan of the kind. */
  readonly chargedBy: string | null;
  readonly limit: number;
}

/** @throws prices.no_such_plan, prices.no_such_draft, prices.month_not_over */
export async function shadowOfDraft(
  ctx: Context,
  { marketId, planId, draftId }: { readonly marketId: string; readonly planId: string; readonly draftId: string },
  { month, chargedBy = null, limit = DEFAULT_ROWS }: { month: string; chargedBy?: string | null; limit?: number },
): Promise<ShadowRun> {
  const now = ctx.clock.now();
  const [plan] = await listPlans(ctx.db, marketId, planId);
  if (plan === undefined) throw noSuchPlan();
  const [draft] = await listDrafts(ctx.db, marketId, now, planId);
  if (draft?.draftId !== draftId) throw noSuchDraft();
  const question = { marketId, kind: plan.kind, rule: parseRule(draft.rule), month, chargedBy, limit };
  return runShadow(ctx.db, question, now);
}

/**
 * Prices a past month of real accounts by a rule, beside what they were charged: every charged interval that began in it, from
 * the stored good readings. All of it as it stood at one instant, in a transaction of its own. Nothing is written.
 * @throws prices.month_not_over
 */
export function runShadow(db: Database, question: ShadowQuestion, now: Date): Promise<ShadowRun> {
  return db.snapshot((snapshot) => runOn(snapshot, question, now));
}

async function runOn(db: Queryable, question: ShadowQuestion, now: Date): Promise<ShadowRun> {
  const { marketId, kind, month, rule } = question;
  const { timeZone } = await marketPricing(db, marketId);
  const range = rangeOf(month, timeZone);
  if (range.endsAt > now) throw pricesError('prices.month_not_over', `${month} is not over yet`);
  const meters = await shadowMeters(db, marketId, kind, range);
  const run = new Run(question, timeZone, now);
  const atOnce = 'by' in rule && rule.by === 'registers' ? METERS_A_BATCH_BY_REGISTERS : METERS_A_BATCH;
  for (let first = 0; first < meters.length; first += atOnce) {
    await priceBatch(db, run, range, meters.slice(first, first + atOnce));
  }
  return run.result(await accountNames(db, marketId, [...run.accounts.keys()].slice(0, MAX_SHADOW_ROWS)));
}

function rangeOf(month: string, zone: string): MonthRange {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const start = (months: number) => {
    const first = new Date(Date.UTC(year, number - 1 + months, 1));
    const date = { year: first.getUTCFullYear(), month: first.getUTCMonth() + 1, day: 1 };
    return instantOf({ ...date, hour: 0, minute: 0, second: 0 }, zone);
  };
  return { startsAt: start(0), endsAt: start(1) };
}

/** What one account comes to so far. */
interface Sums {
  use: bigint;
  chargedFen: bigint;
  wouldBeFen: bigint;
}

class Run {
  readonly question: ShadowQuestion;
  readonly zone: string;
  readonly at: Date;
  readonly accounts = new Map<string, Sums>();
  readonly skipped: ShadowRun['skipped'] = [];
  /** Where the draft left each meter of an account, for one that takes its place. */
  readonly left = new Map<string, BillingState>();

  constructor(question: ShadowQuestion, zone: string, at: Date) {
    this.question = question;
    this.zone = zone;
    this.at = at;
  }

  add(accountId: string, { use, chargedFen, wouldBeFen }: Sums): void {
    const sums = this.accounts.get(accountId) ?? { use: 0n, chargedFen: 0n, wouldBeFen: 0n };
    sums.use += use;
    sums.chargedFen += chargedFen;
    sums.wouldBeFen += wouldBeFen;
    this.accounts.set(accountId, sums);
  }

  result(names: ReadonlyMap<string, Pick<ShadowAccount, 'number' | 'customerName'>>): ShadowRun {
    const all = [...this.accounts].map(([accountId, sums]) => ({ accountId, ...sums }));
    const more = (one: Sums) => Number(one.wouldBeFen - one.chargedFen);
    const sum = (key: keyof Sums) => Number(all.reduce((total, one) => total + one[key], 0n));
    return {
      month: this.question.month,
      dataAt: this.at.toISOString(),
      totals: {
        accounts: all.length,
        use: sum('use'),
        chargedFen: sum('chargedFen'),
        wouldBeFen: sum('wouldBeFen'),
        more: all.filter((one) => more(one) > 0).length,
        less: all.filter((one) => more(one) < 0).length,
        same: all.filter((one) => more(one) === 0).length,
      },
      rows: all
        .sort((a, b) => more(b) - more(a) || (a.accountId < b.accountId ? -1 : 1))
        .slice(0, this.question.limit)
        .map(({ accountId, use, chargedFen, wouldBeFen }) => ({
          accountId,
          ...(names.get(accountId) ?? { number: '', customerName: '' }),
          use: Number(use),
          chargedFen: Number(chargedFen),
          wouldBeFen: Number(wouldBeFen),
        })),
      skipped: this.skipped,
    };
  }
}

/** Stretches of a meter and account that followed without a gap. */
interface Joined extends Stretch {
  readonly accountId: string;
  readonly opening: BillingState;
  readonly chargedFen: bigint;
  readonly splitIds: readonly string[];
  readonly toAt: Date;
}

async function priceBatch(db: Queryable, run: Run, range: MonthRange, meters: readonly ShadowMeter[]): Promise<void> {
  const { marketId, rule, chargedBy } = run.question;
  const meterIds = meters.map(({ meterId }) => meterId);
  const plain = await plainStretches(db, marketId, meterIds, range);
  const known = new Set(plain.map(({ meterId }) => meterId));
  const others = meterIds.filter((meterId) => !known.has(meterId));
  const charged = [
    ...plain.filter(({ planId }) => chargedBy === null || planId === chargedBy),
    ...(await chargedStretches(db, marketId, others, range, chargedBy)),
  ];
  const place = new Map(meterIds.map((meterId, index) => [meterId, index]));
  const inOrder = charged.sort((a, b) => (place.get(a.meterId) ?? 0) - (place.get(b.meterId) ?? 0));
  const joined = joinStretches(await withParts(db, run.question.marketId, run.zone, inOrder));
  const readingsOf = await readingsFor(db, { marketId, rule, zone: run.zone }, joined);
  const used = await usedBefore(db, run, joined);
  const ofMeter = new Map(meters.map((meter) => [meter.meterId, meter]));
  for (const [index, one] of joined.entries()) {
    if (index % METERS_A_TURN === METERS_A_TURN - 1) await setImmediate();
    const meter = ofMeter.get(one.meterId);
    const carriesOn = one.opening.periodFrom < one.fromAt && meter?.oldMeterId != null;
    const carried = carriesOn ? (run.left.get(`${meter.oldMeterId} ${one.accountId}`) ?? null) : null;
    const stretch = { opening: one.opening, usedInYear: used[index] ?? quantity(0), readings: readingsOf(index) };
    try {
      const { wouldBeFen, use, after } = shadowCharge(rule, stretch, carried, run.zone);
      run.add(one.accountId, { use, chargedFen: one.chargedFen, wouldBeFen });
      run.left.set(`${one.meterId} ${one.accountId}`, after);
    } catch (error) {
      if (!(error instanceof OpenPrepayError)) throw error;
      run.skipped.push({ meterId: one.meterId, serial: meter?.serial ?? '', code: error.code });
    }
  }
}

/** A billing period that begins anew in the middle of the month ends nothing that the draft counts. */
function joinStretches(stretches: readonly (Omit<ChargedStretch, 'chargedFen'> & { chargedFen: bigint })[]): Joined[] {
  const joined: Joined[] = [];
  for (const one of stretches) {
    if (one.fromAt >= one.toAt) continue;
    const last = joined.at(-1);
    const goesOn =
      last?.meterId === one.meterId &&
      last.accountId === one.accountId &&
      last.toAt.getTime() === one.fromAt.getTime() &&
      last.opening.billingPeriod !== one.opening.billingPeriod;
    if (last !== undefined && goesOn) {
      joined[joined.length - 1] = { ...last, toAt: one.toAt, chargedFen: last.chargedFen + one.chargedFen };
    } else {
      joined.push(one);
    }
  }
  return joined;
}

/** Steps by the year count what was used before the month, unless the charges of then counted by the same year. */
async function usedBefore(db: Queryable, { question, zone }: Run, joined: readonly Joined[]) {
  const { rule, marketId, month } = question;
  if (!('period' in rule) || rule.period !== 'year') return [];
  const isNew = ({ opening, fromAt }: Joined) => opening.billingPeriod !== billingPeriodOf(rule, fromAt, zone);
  const asked = joined.filter(isNew);
  if (asked.length === 0) return [];
  const used = await usedInYear(db, marketId, asked, rangeOf(`${month.slice(0, 4)}-01`, zone).startsAt);
  const byStretch = new Map(asked.map((one, index) => [one, used[index] ?? quantity(0)]));
  return joined.map((one) => byStretch.get(one) ?? quantity(0));
}
