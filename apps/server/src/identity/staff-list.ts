import { type Caller, ROLES, type StaffMember, type StaffPage, type StaffQuery } from '@openprepay/contract';
import { type Clock, systemClock } from '@openprepay/kernel';
import type { Context } from '../platform/context.ts';
import type { Row } from '../platform/database.ts';
import { likeText } from '../platform/like.ts';
import { marketsWithin, scopeWithin } from './scope.ts';
import { countGroupAdmins, PEOPLE } from './staff-store.ts';

/*
 * Operators by the page, for those who look after them.
 */

const PAGE_SIZE = 50;

const SORTS: Readonly<Record<NonNullable<StaffQuery['sort']>, string>> = {
  name: 'member.name',
  role: `array_position(array['${ROLES.join(`','`)}'], member.role)`,
  lastSignIn: 'member.last_sign_in_at',
  created: 'member.created_at',
};

const MATCHING = `
  from (
    select operator.*, case when disabled_at is not null then 'disabled'
                            when locked_until > $1 then 'locked'
                            when must_change_password then 'must_change' else 'active' end as state
    from operator where ${PEOPLE}) member
  where ${scopeWithin('member.scope', '$2')}
    and ($3::text is null or member.role = $3)
    and ($4::text is null or member.scope ->> 'kind' = $4)
    and ($5::text is null or member.state = $5)
    and ($6::boolean is null or (member.totp_confirmed_at is not null) = $6)
    and ($7::text is null or member.login ilike '%' || $7 || '%' or member.name ilike '%' || $7 || '%')`;

type StaffRow = Omit<StaffMember, 'createdAt' | 'disabledAt' | 'lockedUntil' | 'lastSignInAt'> & {
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly lockedUntil: Date | null;
  readonly lastSignInAt: Date | null;
} & Row;

/** In the order asked; where nothing is said by login, those who may sign in first. Sessions and lock-outs end by real time. */
export async function listStaff(
  ctx: Context,
  caller: Caller,
  query: StaffQuery,
  realClock: Clock = systemClock,
): Promise<StaffPage> {
  const { sort, descending = false, page = 1, pageSize = PAGE_SIZE } = query;
  const filters = [
    realClock.now(),
    marketsWithin(caller.scope),
    query.role ?? null,
    query.scope ?? null,
    query.state ?? null,
    query.secondFactor ?? null,
    likeText(query.text),
  ];
  const [counted] = await ctx.db.query<{ total: bigint }>(`select count(*) as total ${MATCHING}`, filters);
  const order = sort ? `${SORTS[sort]} ${descending ? 'desc' : 'asc'} nulls last` : 'disabled_at is not null';
  const rows = await ctx.db.query<StaffRow>(
    `select member.operator_id as "operatorId", login, name, role, scope, created_at as "createdAt",
            disabled_at as "disabledAt", case when locked_until > $1 then locked_until end as "lockedUntil",
            must_change_password as "mustChangePassword", totp_confirmed_at is not null as "hasSecondFactor",
            (select count(*)::int from sign_in
             where sign_in.operator_id = member.operator_id and expires_at > $1) as sessions,
            case when link.operator_id is not null
                 then json_build_object('issuer', link.issuer, 'subject', link.subject, 'email', link.email) end as link,
            last_sign_in_at as "lastSignInAt", state
     from (select member.* ${MATCHING} order by ${order}, member.login limit $8 offset $9) member
     left join operator_link link using (operator_id)
     order by ${order}, member.login`,
    [...filters, pageSize, (page - 1) * pageSize],
  );
  return {
    total: Number(counted?.total ?? 0),
    operators: rows.map(memberOf),
    secondPersonNeeded: (await countGroupAdmins(ctx.db, caller.operatorId)) > 0,
  };
}

const memberOf = (row: StaffRow): StaffMember => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  disabledAt: row.disabledAt?.toISOString() ?? null,
  lockedUntil: row.lockedUntil?.toISOString() ?? null,
  lastSignInAt: row.lastSignInAt?.toISOString() ?? null,
});
