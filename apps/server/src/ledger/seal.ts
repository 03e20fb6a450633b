import { createHash } from 'node:crypto';
import { uuidV7 } from '@openprepay/kernel';
import type { Database, Queryable, Tx } from '../platform/database.ts';

const BATCH = 2_000;
const HASH_BYTES = 32;
/**
 * Ids are in order of time, so what is new lies at the end. A transaction that took this long to commit, or whose clock was
 * behind, has its id further back; it is found when everything is looked at, and sealed then: the chain is in the order of
 * sealing, so nothing ever comes too late for it.
 */
const RECENT_MS = 10 * 60_000;

export interface SealHead {
  readonly seq: bigint;
  readonly hash: Buffer;
}

/** Where a market's chain ends; null before its first link. */
export async function sealHead(db: Queryable, marketId: string): Promise<SealHead | null> {
  const rows = await db.query<SealHead & Record<string, unknown>>(
    'select seq, hash from ledger_seal_head where market_id = $1 and seq > 0',
    [marketId],
  );
  return rows[0] ?? null;
}

/**
 * Seals what is not sealed yet, oldest first, each link over the one before. Beside the hot path: nothing that posts waits for it,
 * and two that seal take turns.
 * @param among how far back unsealed transactions are looked for
 * @returns how many were sealed
 */
export async function sealMarket(
  db: Database,
  marketId: string,
  now: Date,
  among: 'recent' | 'everything',
): Promise<number> {
  const since = among === 'everything' ? new Date(0) : new Date(now.getTime() - RECENT_MS);
  let after = uuidV7(since, new Uint8Array(10));
  let sealed = 0;
  for (;;) {
    const links = await db.tx((tx) => sealBatch(tx, marketId, now, after));
    sealed += links.length;
    const last = links.at(-1);
    if (last === undefined || links.length < BATCH) return sealed;
    after = last.txId;
  }
}

interface Link extends SealHead {
  readonly txId: string;
}

async function sealBatch(tx: Tx, marketId: string, now: Date, after: string): Promise<readonly Link[]> {
  let { seq, hash } = await lockHead(tx, marketId);
  const facts = await unsealed(tx, marketId, after);
  const links = facts.map((fact): Link => {
    seq += 1n;
    hash = linkHash(hash, marketId, seq, now, fact);
    return { seq, hash, txId: fact.tx_id };
  });
  if (links.length > 0) await appendLinks(tx, marketId, now, links, { seq, hash });
  return links;
}

async function appendLinks(tx: Tx, marketId: string, now: Date, links: readonly Link[], head: SealHead): Promise<void> {
  await tx.query(
    `with link as (
       insert into ledger_seal (market_id, seq, tx_id, sealed_at, hash)
       select $1, seq, tx_id, $2, hash from unnest($3::bigint[], $4::uuid[], $5::bytea[]) as t (seq, tx_id, hash)
     )
     update ledger_seal_head set seq = $6, hash = $7 where market_id = $1`,
    [
      marketId,
      now,
      links.map((link) => link.seq),
      links.map((link) => link.txId),
      links.map((link) => link.hash),
      head.seq,
      head.hash,
    ],
  );
}

async function lockHead(tx: Tx, marketId: string): Promise<SealHead> {
  const select = 'select seq, hash from ledger_seal_head where market_id = $1 for update';
  type HeadRow = SealHead & Record<string, unknown>;
  let [head] = await tx.query<HeadRow>(select, [marketId]);
  if (head === undefined) {
    const begin = { seq: 0n, hash: Buffer.alloc(HASH_BYTES) };
    await tx.query(
      'insert into ledger_seal_head (market_id, seq, hash) values ($1, $2, $3) on conflict (market_id) do nothing',
      [marketId, begin.seq, begin.hash],
    );
    [head] = await tx.query<HeadRow>(select, [marketId]);
    return head ?? begin;
  }
  return head;
}

type Fact = Record<string, unknown> & {
  readonly tx_id: string;
  readonly kind: string;
  readonly business_us: bigint;
  readonly recorded_us: bigint;
  readonly operator_id: string | null;
  readonly reverses_tx_id: string | null;
  readonly idempotency_key: string;
  readonly memo: string | null;
  /** `line account owner amount`, a line each. */
  readonly lines: string | null;
};

function unsealed(tx: Tx, marketId: string, after: string): Promise<Fact[]> {
  return tx.query<Fact>(
    `select tx_id, kind, (extract(epoch from business_at) * 1000000)::bigint as business_us,
            (extract(epoch from recorded_at) * 1000000)::bigint as recorded_us, operator_id, reverses_tx_id,
            idempotency_key, memo,
            (select string_agg(concat_ws(' ', line, ledger_account, coalesce(account_id::text, '-'), amount_fen), chr(10)
                               order by line)
             from posting where posting.market_id = $1 and posting.tx_id = ledger_tx.tx_id) as lines
     from ledger_tx
     where market_id = $1 and tx_id > $2
       and not exists (select from ledger_seal where ledger_seal.market_id = $1 and ledger_seal.tx_id = ledger_tx.tx_id)
     order by tx_id limit $3`,
    [marketId, after, BATCH],
  );
}

/**
 * SHA-256 over the link before, this link's place and time, and all of the transaction, one field a line in UTF-8. Free
 * text has its length before it, so that no two transactions read the same.
 */
function linkHash(before: Buffer, marketId: string, seq: bigint, sealedAt: Date, fact: Fact): Buffer {
  const fields = [
    before.toString('hex'),
    marketId,
    seq,
    BigInt(sealedAt.getTime()) * 1000n,
    fact.tx_id,
    fact.kind,
    fact.business_us,
    fact.recorded_us,
    fact.operator_id ?? '-',
    fact.reverses_tx_id ?? '-',
    sized(fact.idempotency_key),
    fact.memo === null ? '-' : sized(fact.memo),
    fact.lines ?? '-',
  ];
  return createHash('sha256').update(fields.join('\n')).digest();
}

const sized = (text: string) => `${Buffer.byteLength(text)}:${text}`;
