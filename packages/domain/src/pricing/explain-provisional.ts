import { businessDay, formatQuantity, formatYuan, type Quantity, quantity } from '@openprepay/kernel';
import { domainError } from '../errors.ts';
import type { BillingState, Charge, PlanVersion } from './charge.ts';
import type { ExplainedAmount } from './explain.ts';
import type { MeterValue } from './meter-value.ts';
import {
  averageUse,
  chargeProvisionally,
  type DayEnd,
  lastValidDays,
  type Outage,
  PROVISIONAL_LOOKS_BACK_DAYS,
} from './provisional.ts';

/** A charge by an average; `use` is what it charges, the average's so far less what was charged so before. */
export interface ExplainedProvisional extends ExplainedAmount {
  readonly provisional: {
    readonly from: string;
    readonly to: string;
    readonly days: number;
    readonly lastDay: string;
    readonly daysUse: string;
    /** Since the last good reading. */
    readonly elapsedMin: string;
    readonly averageUse: string;
    readonly usedBefore: string;
  };
}

/** The entry that takes provisional charges back when the true reading is charged. */
export interface ExplainedTakeBack {
  readonly takesBack: readonly string[];
  readonly charge: string;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** The last reading of each whole day before that of the last one, midnight at its end included. */
export function dayEndsOf(readings: readonly MeterValue[], zone: string): DayEnd[] {
  const dayOf = ({ readAt }: MeterValue) => businessDay(new Date(readAt.getTime() - 1), zone);
  const last = readings.at(-1);
  if (!last) return [];
  // A reading at midnight ends its day: that day is whole.
  const unfinished = businessDay(last.readAt, zone);
  const ends = new Map(readings.map((reading) => [dayOf(reading), reading]));
  const oldest = new Date(Date.parse(unfinished) - (PROVISIONAL_LOOKS_BACK_DAYS + 1) * DAY_MS)
    .toISOString()
    .slice(0, 10);
  return [...ends]
    .filter(([day]) => day < unfinished && day >= oldest)
    .map(([day, { readAt, total }]) => ({ day, readAt, total }));
}

/** What was charged by the average since the last good reading. */
export class ProvisionalCharges {
  #open: Charge[] = [];

  /** @throws pricing.no_such_reading where no valid day is known */
  add(
    readings: readonly MeterValue[],
    to: Date,
    state: BillingState,
    versions: readonly PlanVersion[],
    zone: string,
  ): { readonly outage: Outage; readonly charge: Charge } {
    const settled = readings.at(-1);
    const days = lastValidDays(dayEndsOf(readings, zone));
    if (!settled || days.length === 0) {
      throw domainError('pricing.no_such_reading', `no valid day is known before ${to.toISOString()}`);
    }
    const last = this.#open.at(-1);
    const outage: Outage = {
      settledAt: settled.readAt,
      settledValue: settled.total,
      days,
      usedSince: quantity(this.#open.reduce((sum, one) => sum + one.to.total - one.from.total, 0n)),
      chargedUntil: last?.to.readAt ?? settled.readAt,
      state: last?.after ?? state,
    };
    const charge = chargeProvisionally(outage, to, versions, zone);
    this.#open.push(charge);
    return { outage, charge };
  }

  /** Ends all of them. @returns null where there is none */
  takeBack(): { readonly entry: ExplainedTakeBack; readonly amountFen: bigint; readonly use: bigint } | null {
    if (this.#open.length === 0) return null;
    const amounts = this.#open.map(({ amountFen }) => amountFen);
    const use = this.#open.reduce((sum, one) => sum + one.to.total - one.from.total, 0n);
    this.#open = [];
    const amountFen = -amounts.reduce((sum, one) => sum + one, 0n);
    const charge = formatYuan(amountFen as (typeof amounts)[number]);
    return { entry: { takesBack: amounts.map(formatYuan), charge }, amountFen, use: -use };
  }
}

/** How an outage's use comes about, as text. */
export function explainedAverage(outage: Outage, charge: Charge, wallClock: (at: Date) => string) {
  const { days, settledAt, usedSince } = outage;
  const { from, to } = charge;
  const daysUse = days.reduce((sum, day) => sum + day.to.total - day.from.total, 0n);
  const minutes = (to.readAt.getTime() - settledAt.getTime()) / MINUTE_MS;
  const shown = (value: bigint) => formatQuantity(value as Quantity);
  return {
    from: wallClock(from.readAt),
    to: wallClock(to.readAt),
    days: days.length,
    lastDay: days.at(-1)?.to.day ?? '',
    daysUse: shown(daysUse),
    elapsedMin: String(minutes),
    averageUse: shown(averageUse(outage, to.readAt)),
    usedBefore: shown(usedSince),
  };
}
