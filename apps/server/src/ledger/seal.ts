import { type Chain, headOf, type SealHead, seal, sized } from '../platform/chain.ts';
import type { Database, Queryable } from '../platform/database.ts';

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

/** A link a transaction, with all of its postings. */
export const ledgerChain: Chain<Fact> = {
  table: 'ledger_seal',
  factId: 'tx_id',
  unsealed: (tx, marketId, after, limit) =>
    tx.query<Fact>(
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
      [marketId, after, limit],
    ),
  idOf: (fact) => fact.tx_id,
  fieldsOf: (fact) => [
    fact.tx_id,
    fact.kind,
    fact.business_us,
    fact.recorded_us,
    fact.operator_id ?? '-',
    fact.reverses_tx_id ?? '-',
    sized(fact.idempotency_key),
    sized(fact.memo),
    fact.lines ?? '-',
  ],
};

/** Where a market's chain ends; null before its first link. */
export const sealHead = (db: Queryable, marketId: string): Promise<SealHead | null> =>
  headOf(db, ledgerChain, marketId);

/** @returns how many transactions were sealed */
export const sealMarket = (
  db: Database,
  marketId: string,
  now: Date,
  among: 'recent' | 'everything',
): Promise<number> => seal(db, ledgerChain, marketId, now, among);
