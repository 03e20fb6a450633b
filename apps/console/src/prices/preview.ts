import { billingPeriodOf, chargeReadings, type PricedUse, type PriceRule } from '@openprepay/domain/pricing';
import { type Fen, instantOf, type NanoYuan, parseDecimal, quantity, roundToFen } from '@openprepay/kernel';

/** Use of one day, as somebody asks what it would cost: kWh or m³ as typed, hours of the market's wall clock. */
export interface Question {
  readonly use: string;
  readonly usedBefore: string;
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly fromHour: number;
  readonly toHour: number;
}

export interface Preview {
  readonly amountFen: Fen;
  readonly uses: readonly PricedUse[];
  readonly standing: NanoYuan;
}

/** What the rule makes of it, with the program's own arithmetic; null where the question is none. */
export function previewOf(rule: PriceRule, question: Question, zone: string): Preview | null {
  try {
    if (!/^\d{4}-\d\d-\d\d$/.test(question.day)) return null;
    const [year = 0, month = 0, day = 0] = question.day.split('-').map(Number);
    const at = (hour: number) => {
      const next = new Date(Date.UTC(year, month - 1, day + Math.floor(hour / 24)));
      const date = { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
      return instantOf({ ...date, hour: hour % 24, minute: 0, second: 0 }, zone);
    };
    const [from, to] = [at(question.fromHour), at(question.toHour)];
    const before = quantity(parseDecimal(question.usedBefore, 3));
    const use = parseDecimal(question.use, 3);
    if (from >= to || use <= 0n || before < 0n) return null;
    const state = {
      billingPeriod: billingPeriodOf(rule, from, zone),
      periodFrom: from,
      use: before,
      exact: 0n as NanoYuan,
    };
    const readings = [
      { readAt: from, total: quantity(0) },
      { readAt: to, total: quantity(use) },
    ];
    const [charge] = chargeReadings(state, readings, [{ planId: '', version: 0, validFrom: from, rule }], zone);
    return charge ? { amountFen: roundToFen(charge.after.exact), uses: charge.uses, standing: charge.standing } : null;
  } catch {
    return null;
  }
}
