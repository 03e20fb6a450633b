import type { MarketTerms } from '@openprepay/contract';
import { recordAudit } from '../identity/audit.ts';
import type { Queryable, Tx } from '../platform/database.ts';
import { accountsError } from './errors.ts';

const TERMS = `top_up_minimum_fen as "topUpMinimumFen", top_up_maximum_fen as "topUpMaximumFen",
  emergency_credit_fen as "emergencyCreditFen", debt_share_percent as "debtSharePercent", debt_cap_fen as "debtCapFen",
  deposit_fen as "depositFen", postpaid_allowed as "postpaidAllowed"`;

type TermsRow = Readonly<Record<Exclude<keyof MarketTerms, 'debtSharePercent' | 'postpaidAllowed'>, bigint | null>> & {
  readonly debtSharePercent: number;
  readonly postpaidAllowed: boolean;
} & Record<string, unknown>;

/** What holds for every account of a market. @throws accounts.no_such_market */
export async function marketTerms(db: Queryable, marketId: string): Promise<MarketTerms> {
  return read(db, marketId, '');
}

async function read(db: Queryable, marketId: string, lock: string): Promise<MarketTerms> {
  const [row] = await db.query<TermsRow>(`select ${TERMS} from market where market_id = $1 ${lock}`, [marketId]);
  if (!row) throw accountsError('accounts.no_such_market', 'there is no such market');
  return {
    topUpMinimumFen: Number(row.topUpMinimumFen),
    topUpMaximumFen: Number(row.topUpMaximumFen),
    emergencyCreditFen: Number(row.emergencyCreditFen),
    depositFen: Number(row.depositFen),
    postpaidAllowed: row.postpaidAllowed,
    debtSharePercent: row.debtSharePercent,
    debtCapFen: row.debtCapFen === null ? null : Number(row.debtCapFen),
  };
}

export interface TermsChange {
  readonly marketId: string;
  readonly operatorId: string;
  readonly at: Date;
  readonly reason: string;
}

/**
 * From the next top-up on. What accounts were given stays theirs: emergency credit, the deposit agreed, and that they pay
 * afterwards.
 * @throws accounts.minimum_above_maximum, accounts.no_such_market
 */
export async function setMarketTerms(tx: Tx, change: TermsChange, terms: MarketTerms): Promise<MarketTerms> {
  const { marketId, operatorId, at, reason } = change;
  if (terms.topUpMinimumFen > terms.topUpMaximumFen) {
    throw accountsError('accounts.minimum_above_maximum', 'the least top-up is above the greatest');
  }
  const before = await read(tx, marketId, 'for no key update');
  await tx.query(
    `update market set top_up_minimum_fen = $2, top_up_maximum_fen = $3, emergency_credit_fen = $4,
                       debt_share_percent = $5, debt_cap_fen = $6, deposit_fen = $7, postpaid_allowed = $8
     where market_id = $1`,
    [
      marketId,
      terms.topUpMinimumFen,
      terms.topUpMaximumFen,
      terms.emergencyCreditFen,
      terms.debtSharePercent,
      terms.debtCapFen,
      terms.depositFen,
      terms.postpaidAllowed,
    ],
  );
  const after = await marketTerms(tx, marketId);
  const subject = `market:${marketId}`;
  await recordAudit(tx, { marketId, at, operatorId, action: 'accounts.set_terms', subject, reason, before, after });
  return after;
}
