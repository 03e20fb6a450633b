import { expect } from 'vitest';
import type { Database, Tx } from '../src/platform/database.ts';
import type { Rule } from '../src/verify/rule.ts';

/** `EDIT_ROUNDS=10000` for a night. */
export const EDIT_ROUNDS = Number(process.env.EDIT_ROUNDS ?? 1_000);

/** A reproducible stream of numbers below a limit (mulberry32). */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

class Undo extends Error {}

/** How many problems rules find after somebody had the database in his hands; what he did is then taken back. */
export async function problemsAfter(
  db: Database,
  rules: readonly Rule[],
  owner: string,
  work: (tx: Tx) => Promise<void>,
): Promise<number> {
  let problems = 0;
  const attempt = db.tx(async (tx) => {
    await work(tx);
    for (const rule of rules) problems += (await tx.query(`${rule.problems} limit 1`, [owner])).length;
    throw new Undo();
  });
  await expect(attempt).rejects.toThrow(Undo);
  return problems;
}

/** One small change of one row: `$1` is the owner, `$2` which row of the table, counted in order of its key. */
export type Edit = readonly [sql: string, table: string];

/** Makes so many edits, each of a row at random, one after another, each taken back; expects every one to be found. */
export async function expectAllFound(
  db: Database,
  rules: readonly Rule[],
  owner: string,
  edits: readonly Edit[],
  seed: number,
): Promise<void> {
  const roll = dice(seed);
  const rows = new Map<string, number>();
  for (const [, table] of edits) {
    const [counted] = await db.query<{ count: bigint }>(`select count(*) from ${table} where market_id = $1`, [owner]);
    rows.set(table, Number(counted?.count ?? 0n));
  }
  for (let round = 0; round < EDIT_ROUNDS; round++) {
    const [sql, table] = edits[round % edits.length] ?? ['', ''];
    const at = roll(rows.get(table) ?? 1);
    let edited = 0;
    const problems = await problemsAfter(db, rules, owner, async (tx) => {
      edited = (await tx.query(`${sql} returning 1`, [owner, at])).length;
    });
    expect([sql, at, edited > 0, problems > 0]).toEqual([sql, at, true, true]);
  }
}
