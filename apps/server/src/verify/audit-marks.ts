import type { Queryable } from '../platform/database.ts';
import { isAgain, type Rule, type Subject } from './rule.ts';

interface Entry extends Record<string, unknown> {
  readonly audit_id: string;
  readonly at_us: bigint;
  readonly operator_id: string | null;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly mark: Buffer | null;
}

const BATCH = 5_000;
const MOST = 20;

/**
 * A mark is an HMAC by a key that the database does not hold, so whoever has the database alone can put in no entry, of
 * whatever time. Entries from before the key have none of it; those the chain dates.
 */
export const auditMarkRule: Rule = {
  name: 'every entry of the audit was written by this program, or before its secret key',
  counts: 'select count(*) from audit where market_id = $1',
  problems: `
    select format('entry %s of the audit was not written by this program', id) as problem from unnest($2::uuid[]) as id
    where $1::uuid is not null`,
  values: async (db, { marketId }: Subject) => [await unmarked(db, marketId)],
};

async function unmarked(db: Queryable, marketId: string): Promise<string[]> {
  const found: string[] = [];
  let after = '00000000-0000-0000-0000-000000000000';
  while (found.length < MOST) {
    const entries = await db.query<Entry>(
      `select audit_id, (extract(epoch from at) * 1000000)::bigint as at_us, operator_id, action, subject, reason,
              before::text, after::text, mark
       from audit where market_id = $1 and at >= $2 and audit_id > $3 order by audit_id limit ${BATCH}`,
      [marketId, db.vault.since, after],
    );
    for (const entry of entries) {
      const fits = isAgain(() => entry.mark?.equals(db.vault.mark(textOf(marketId, entry))) === true);
      if (!fits) found.push(entry.audit_id);
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < BATCH) break;
    after = last.audit_id;
  }
  return found;
}

/** As `identity` writes it, worked out here for itself: a field a line, text with its length in bytes before it. */
function textOf(marketId: string, entry: Entry): string {
  const text = (value: string | null) => (value === null ? '-' : `${Buffer.byteLength(value)}:${value}`);
  const json = (value: string | null) => text(value === null ? null : inOrder(JSON.parse(value)));
  const { audit_id, at_us, operator_id, action, subject, reason, before, after } = entry;
  const fields = [marketId, audit_id, at_us, operator_id ?? '-', text(action), text(subject), text(reason)];
  return [...fields, json(before), json(after)].join('\n');
}

/** JSON whose keys are in order, for the database keeps them in one of its own. */
function inOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`;
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${inOrder(item)}`).join(',')}}`;
}
