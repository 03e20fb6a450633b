import type { Clock } from '@openprepay/kernel';
import type { Database, Queryable } from '../platform/database.ts';
import { accountRules, moveOutRules } from './accounts.ts';
import { auditRules } from './audit.ts';
import { auditMarkRule } from './audit-marks.ts';
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
  ...auditRules,
  auditMarkRule,
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
/** Owner of what concerns no market. */
const INSTALLATION = '00000000-0000-0000-0000-000000000000';

/**
 * Proves the books of a market from what is stored, by queries of their own: nothing here shares code with what wrote
 * them, but for the reading of a price rule and of its calendar. All checks see one and the same instant of the database.
 */
export async function verifyMarket(db: Database, clock: Clock, marketId: string): Promise<Check[]> {
  return checkAll(db, RULES, { marketId, now: clock.now() });
}

/** The same of what concerns no market: the audit of operators, keys and signing in. */
export async function verifyInstallation(db: Database, clock: Clock): Promise<Check[]> {
  return checkAll(db, [...auditRules, auditMarkRule], { marketId: INSTALLATION, now: clock.now() });
}

async function checkAll(db: Database, rules: readonly Rule[], subject: Subject): Promise<Check[]> {
  return db.snapshot(async (snapshot) => {
    await snapshot.query('set local statement_timeout = 0');
    const checks: Check[] = [];
    for (const rule of rules) checks.push(await check(snapshot, rule, subject));
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
