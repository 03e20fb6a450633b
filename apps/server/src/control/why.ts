import type { SwitchPast, SwitchWhy, WhyFacts } from '@openprepay/contract';
import { calendarAt, type ExplainedFacts, explainDecision } from '@openprepay/domain';
import type { Context } from '../platform/context.ts';
import type { Queryable, Row } from '../platform/database.ts';
import { controlError } from './errors.ts';
import { switchFacts } from './plan.ts';
import { readMarket } from './service.ts';
import { switchPast } from './why-past.ts';

const CHANGES = 20;

/**
 * Why a meter is on or off now, by the same facts and rules as the sweep, and why it changed before.
 * @param past a past instant that is asked for as well
 * @throws control.no_such_meter
 */
export async function switchWhy(
  { db, clock }: Context,
  marketId: string,
  meterId: string,
  past: Date | null = null,
): Promise<SwitchWhy> {
  const at = clock.now();
  const [{ meters, calendar }, changes] = await Promise.all([
    readMarket(db, { marketId, meterIds: [meterId] }, at),
    readChanges(db, marketId, meterId, at, CHANGES),
  ]);
  const [meter] = meters;
  if (!meter) throw controlError('control.no_such_meter', `no meter ${meterId} in this market`);
  const explained = explainDecision(switchFacts(meter, calendarAt(calendar, at)(meter.stallType), at), at);
  return {
    at: at.toISOString(),
    decision: explained.wanted,
    reason: explained.reason,
    wanted: meter.wanted,
    switchState: meter.reported,
    switchAt: meter.reportedAt?.toISOString() ?? null,
    rules: explained.rules.map((rule) => ({ ...rule, facts: factsView(rule.facts) })),
    changes: changes.map(changeView),
    past: past === null ? null : await switchPast(db, marketId, meterId, past),
  };
}

export const changeView = (change: ChangeRow): NonNullable<SwitchPast['change']> => ({
  at: change.at.toISOString(),
  wanted: change.wanted,
  reason: change.reason,
  operatorName: change.operator_name,
  availableFen: change.available_fen === null ? null : Number(change.available_fen),
});

function factsView(facts: ExplainedFacts): WhyFacts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => {
      if (typeof value === 'bigint') return [name, Number(value)];
      return [name, value instanceof Date ? value.toISOString() : value];
    }),
  );
}

/** For one whose business money is not: which rule decided, and that it was for the balance, without the balance. */
export function whyWithoutMoney(why: SwitchWhy): SwitchWhy {
  const plain = (change: SwitchWhy['changes'][number]) => ({ ...change, availableFen: null });
  const { past } = why;
  return {
    ...why,
    rules: why.rules.map((rule) => ({
      ...rule,
      facts: Object.fromEntries(Object.entries(rule.facts).filter(([name]) => !name.endsWith('Fen'))),
    })),
    changes: why.changes.map(plain),
    past: past && {
      ...past,
      change: past.change && plain(past.change),
      notices: past.notices.map((notice) => ({ ...notice, balanceFen: null })),
    },
  };
}

export interface ChangeRow extends Row {
  at: Date;
  wanted: 'on' | 'off' | null;
  reason: string;
  operator_name: string | null;
  available_fen: bigint | null;
}

/** The latest changes up to an instant, newest first. */
export const readChanges = (
  db: Queryable,
  marketId: string,
  meterId: string,
  at: Date,
  limit: number,
): Promise<ChangeRow[]> =>
  db.query<ChangeRow>(
    `select change.at, change.wanted, change.reason, change.available_fen, operator.name as operator_name
     from wanted_change change left join operator on operator.operator_id = change.operator_id
     where change.market_id = $1 and change.meter_id = $2 and change.at <= $3
     order by change.wanted_seq desc limit $4`,
    [marketId, meterId, at, limit],
  );
