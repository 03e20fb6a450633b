import type { Clock } from '@openprepay/kernel';
import type { Database, Queryable } from '../platform/database.ts';
import { accountRules, moveOutRules } from './accounts.ts';
import { bookRules } from './books.ts';
import { chainRules } from './chain.ts';
import { chargeRules } from './charges.ts';
import { correctedTariffsRule } from './corrected-tariffs.ts';
import { correctionRules } from './corrections.ts';
import { meterRules } from './meters.ts';
import { periodRules } from './periods.ts';
import { provisionalRules } from './provisional.ts';
import { receiptRules } from './receipts.ts';
import { replacementRules } from './replacements.ts';
import type { Rule, Subject } from './rule.ts';

/** What became of one rule: how many facts were looked at, and the first of those that break it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly checked: number;
  readonly problems: readonly string[];
}

const RULES = [
  ...bookRules,
  ...receiptRules,
  ...chainRules,
  ...chargeRules,
  ...periodRules,
  ...correctionRules,
  correctedTariffsRule,
  ...provisionalRules,
  ...meterRules,
  ...replacementRules,
  ...accountRules,
  ...moveOutRules,
];
const MAX_PROBLEMS = 20;

/**
 * Proves the books of a market from what is stored, by queries of their own: nothing here shares code with what wrote
 * them, but for the reading of a price rule and of its calendar. All checks see one and the same instant of the database.
 */
export async function verifyMarket(db: Database, clock: Clock, marketId: string): Promise<Check[]> {
  const subject = { marketId, now: clock.now() };
  return db.tx(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    await tx.query('set local statement_timeout = 0');
    const checks: Check[] = [];
    for (const rule of RULES) checks.push(await check(tx, rule, subject));
    return checks;
  });
}

async function check(db: Queryable, rule: Rule, subject: Subject): Promise<Check> {
  const [counted] = await db.query<{ count: bigint }>(rule.counts, [subject.marketId]);
  const values = [subject.marketId, ...((await rule.values?.(db, subject)) ?? [])];
  const rows = await db.query<{ problem: string }>(`${rule.problems} limit ${MAX_PROBLEMS}`, values);
  return {
    name: rule.name,
    ok: rows.length === 0,
    checked: Number(counted?.count ?? 0n),
    problems: rows.map((row) => row.problem),
  };
}
