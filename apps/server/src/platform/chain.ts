import { createHash } from 'node:crypto';
import { uuidV7 } from '@openprepay/kernel';
import type { Context } from './context.ts';
import type { Database, Queryable, Tx } from './database.ts';
import { type Loop, startLoop } from './loop.ts';

/*
 * A chain over facts that never change: each link is a hash over the link before and all of one fact, so that whoever alters,
 * takes away or puts in one later has to make anew every link after it. It is made beside the hot path: nothing that writes a
 * fact waits for it.
 */

const BATCH = 2_000;
const HASH_BYTES = 32;
/**
 * Ids are in order of time, so what is new lies at the end. A transaction that took this long to commit, or whose clock was
 * behind, has its id further back; it is found when everything is looked at, and sealed then: the chain is in the order of
 * sealing, so nothing ever comes too late for it.
 */
const RECENT_MS = 10 * 60_000;
const EVERY_MS = 5_000;
/** Of market time: how often everything is looked at, not only what is recent. */
const SWEEP_EVERY_MS = 15 * 60_000;

/** What is sealed: `table` holds the links of an owner, `<table>_head` where they end, `factId` names the fact of a link. */
export interface Chain<F> {
  readonly table: string;
  readonly factId: string;
  /** The oldest facts of an owner whose id is above `after` and that no link has. */
  unsealed(tx: Tx, owner: string, after: string, limit: number): Promise<readonly F[]>;
  idOf(fact: F): string;
  /** All of a fact, in an order that never changes; free text through `sized`. */
  fieldsOf(fact: F): readonly unknown[];
}

export interface SealHead {
  readonly seq: bigint;
  readonly hash: Buffer;
}

type HeadRow = SealHead & Record<string, unknown>;

/** Free text with its length before it, so that no two facts read the same; a dash where there is none. */
export const sized = (text: string | null) => (text === null ? '-' : `${Buffer.byteLength(text)}:${text}`);

/** Where an owner's chain ends; null before its first link. */
export async function headOf<F>(db: Queryable, chain: Chain<F>, owner: string): Promise<SealHead | null> {
  const rows = await db.query<HeadRow>(`select seq, hash from ${chain.table}_head where market_id = $1 and seq > 0`, [
    owner,
  ]);
  return rows[0] ?? null;
}

/**
 * Seals what is not sealed yet, oldest first, each link over the one before. Two that seal take turns.
 * @param among how far back unsealed facts are looked for
 * @returns how many were sealed
 */
export async function seal<F>(
  db: Database,
  chain: Chain<F>,
  owner: string,
  now: Date,
  among: 'recent' | 'everything',
): Promise<number> {
  const since = among === 'everything' ? new Date(0) : new Date(now.getTime() - RECENT_MS);
  let after = uuidV7(since, new Uint8Array(10));
  let sealed = 0;
  for (;;) {
    const links = await db.tx((tx) => sealBatch(tx, chain, owner, now, after));
    sealed += links.length;
    const last = links.at(-1);
    if (last === undefined || links.length < BATCH) return sealed;
    after = last.factId;
  }
}

interface Link extends SealHead {
  readonly factId: string;
}

async function sealBatch<F>(
  tx: Tx,
  chain: Chain<F>,
  owner: string,
  now: Date,
  after: string,
): Promise<readonly Link[]> {
  let { seq, hash } = await lockHead(tx, chain, owner);
  const facts = await chain.unsealed(tx, owner, after, BATCH);
  const links = facts.map((fact): Link => {
    seq += 1n;
    hash = linkHash(hash, [owner, seq, BigInt(now.getTime()) * 1_000n, ...chain.fieldsOf(fact)]);
    return { seq, hash, factId: chain.idOf(fact) };
  });
  if (links.length > 0) await appendLinks(tx, chain, owner, now, links, { seq, hash });
  return links;
}

/** SHA-256 over the link before, this link's place and time, and all of the fact, one field a line in UTF-8. */
function linkHash(before: Buffer, fields: readonly unknown[]): Buffer {
  return createHash('sha256')
    .update([before.toString('hex'), ...fields].join('\n'))
    .digest();
}

async function appendLinks<F>(
  tx: Tx,
  { table, factId }: Chain<F>,
  owner: string,
  now: Date,
  links: readonly Link[],
  head: SealHead,
): Promise<void> {
  await tx.query(
    `with link as (
       insert into ${table} (market_id, seq, ${factId}, sealed_at, hash)
       select $1, seq, fact, $2, hash from unnest($3::bigint[], $4::uuid[], $5::bytea[]) as t (seq, fact, hash)
     )
     update ${table}_head set seq = $6, hash = $7 where market_id = $1`,
    [
      owner,
      now,
      links.map((link) => link.seq),
      links.map((link) => link.factId),
      links.map((link) => link.hash),
      head.seq,
      head.hash,
    ],
  );
}

async function lockHead<F>(tx: Tx, { table }: Chain<F>, owner: string): Promise<SealHead> {
  const select = `select seq, hash from ${table}_head where market_id = $1 for update`;
  const [there] = await tx.query<HeadRow>(select, [owner]);
  if (there !== undefined) return there;
  const begin = { seq: 0n, hash: Buffer.alloc(HASH_BYTES) };
  await tx.query(
    `insert into ${table}_head (market_id, seq, hash) values ($1, $2, $3) on conflict (market_id) do nothing`,
    [owner, begin.seq, begin.hash],
  );
  const [made] = await tx.query<HeadRow>(select, [owner]);
  return made ?? begin;
}

/** Seals the new facts of every owner, every five seconds. */
export function startSealing<F>(ctx: Context, chain: Chain<F>, ownersOf: () => Promise<readonly string[]>): Loop {
  const sweptAtMs = new Map<string, number>();

  const run = async () => {
    for (const owner of await ownersOf()) {
      const now = ctx.clock.now();
      const isDue = now.getTime() - (sweptAtMs.get(owner) ?? Number.NEGATIVE_INFINITY) >= SWEEP_EVERY_MS;
      try {
        await seal(ctx.db, chain, owner, now, isDue ? 'everything' : 'recent');
        if (isDue) sweptAtMs.set(owner, now.getTime());
      } catch (error) {
        ctx.log.error({ err: error, owner, chain: chain.table }, 'a chain could not be sealed; it will be tried again');
      }
    }
  };

  return startLoop({ name: `seal ${chain.table}`, everyMs: EVERY_MS, run }, ctx.signals, ctx.log);
}
