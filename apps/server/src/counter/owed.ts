import { type Fen, fen } from '@openprepay/kernel';
import type { Queryable } from '../platform/database.ts';
import { counterError } from './errors.ts';

type Row = Record<string, unknown> & {
  readonly unpriced: bigint;
  readonly used_fen: bigint;
  readonly other_fen: bigint;
};

/**
 * What an account owes beside its utility purse, in fen: what its other purses are short of, and what its meters have
 * counted since they were settled, at the price of each meter's last charge and rounded up. The second is an estimate, for
 * keeping enough back; what is charged is settlement's. What a meter counts after the account gave its stall back is not its
 * own.
 * @throws counter.use_not_settled where a meter counted and was never charged, so that nobody knows at what price
 */
export async function owedOf(tx: Queryable, marketId: string, accountId: string): Promise<Fen> {
  const [row] = await tx.query<Row>(
    `with used as (
       select last.total - settled.settled_value as use, price.nano_yuan
       from meter_settlement settled
       join lateral (
         select max(least(coalesce(binding.to_at, 'infinity'), coalesce(tenancy.to_at, 'infinity'))) as to_at
         from meter_binding binding
         join tenancy on tenancy.market_id = $1 and tenancy.stall_id = binding.stall_id and tenancy.account_id = $2
         where binding.market_id = $1 and binding.meter_id = settled.meter_id
           and settled.opened_at >= greatest(binding.from_at, tenancy.from_at)) tenure on true
       join lateral (
         select total from reading
         where market_id = $1 and meter_id = settled.meter_id and quality = 'good' and read_at > settled.settled_at
           and read_at <= tenure.to_at
         order by read_at desc limit 1) last on last.total > settled.settled_value
       left join lateral (
         select (exact_after_nano_yuan - exact_before_nano_yuan - standing_nano_yuan)::numeric / (to_value - from_value)
                  as nano_yuan
         from charge
         where market_id = $1 and meter_id = settled.meter_id and to_value > from_value
         order by from_at desc limit 1) price on true
       where settled.market_id = $1 and settled.account_id = $2
     )
     select (select count(*) from used where nano_yuan is null) as unpriced,
            (select coalesce(ceil(sum(use * nano_yuan) / 10000000), 0)::bigint from used) as used_fen,
            (select coalesce(-sum(balance_fen), 0)::bigint from purse
             where market_id = $1 and account_id = $2 and kind <> 'utility' and balance_fen < 0) as other_fen`,
    [marketId, accountId],
  );
  if (row && row.unpriced > 0n) {
    throw counterError('counter.use_not_settled', 'a meter has counted and was never charged; settle it first');
  }
  return fen((row?.used_fen ?? 0n) + (row?.other_fen ?? 0n));
}
