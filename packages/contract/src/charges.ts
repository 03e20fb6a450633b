import Type, { type Static } from 'typebox';
import { defineRoute, MONEY_ROLES } from './route.ts';
import { AmountFen, Id, Instant, MAX_LIST_ROWS, MeterKindSchema, Nullable, QuantityBase } from './schemas.ts';

/*
 * What was charged in a market, meter by meter: charges, those by an average, and what was put right.
 */

const Day = Type.String({ format: 'date' });
const ChargeKind = Type.Enum(['charge', 'provisional', 'correction']);

export const CHARGE_SORTS = ['at', 'stall', 'use', 'amount'] as const;
/** A list is of at most so many days. */
export const MOST_CHARGE_DAYS = 62;

export const ChargeQuery = Type.Object({
  /** Charged on this day of the market's zone or later. */
  from: Day,
  /** Inclusive. */
  to: Day,
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...CHARGE_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  kind: Type.Optional(ChargeKind),
  medium: Type.Optional(MeterKindSchema),
  /** With an amount, so that something was posted; or with none. */
  posted: Type.Optional(Type.Boolean()),
  accountId: Type.Optional(Id),
  /** Found anywhere in the stall's code, the meter's serial, or number or name of the account. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type ChargeQuery = Static<typeof ChargeQuery>;

export const ChargeRow = Type.Object({
  chargeId: Id,
  kind: ChargeKind,
  /** Null where it came to nothing, and nothing was posted. */
  txId: Nullable(Id),
  at: Instant,
  stallCode: Type.String(),
  meterId: Id,
  meterSerial: Type.String(),
  medium: MeterKindSchema,
  accountId: Id,
  accountNumber: Type.String(),
  customerName: Type.String(),
  fromAt: Instant,
  toAt: Instant,
  /** Of a correction: what is more, or less, than was said. */
  use: QuantityBase,
  planName: Type.String(),
  planVersion: Type.Integer(),
  /** What the tenant pays; minus is given back. */
  amountFen: AmountFen,
  /** Of one by an average: when the true readings took its place; null while it stands, and of the others. */
  replacedAt: Nullable(Instant),
  /** A charge that was put right later. */
  corrected: Type.Boolean(),
});
export type ChargeRow = Static<typeof ChargeRow>;

export const ChargePage = Type.Object({
  total: Type.Integer(),
  /** Of all that fit, on whatever page, without those that true readings took the place of. */
  amountFen: AmountFen,
  use: Type.Object({ electricity: QuantityBase, water: QuantityBase }),
  charges: Type.Array(ChargeRow),
});
export type ChargePage = Static<typeof ChargePage>;

export const chargesRoutes = {
  charges: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/charges',
    summary: 'Charges, provisional ones and corrections of at most 62 days, filtered, sorted and by the page',
    roles: MONEY_ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id }),
    query: ChargeQuery,
    response: ChargePage,
    list: {
      rows: 'charges',
      paging: 'page',
      cells: {
        at: ['at', 'instant'],
        kind: ['kind', 'code'],
        stall: ['stallCode', 'text'],
        medium: ['medium', 'code'],
        meter: ['meterSerial', 'text'],
        account: ['accountNumber', 'text'],
        customer: ['customerName', 'text'],
        from: ['fromAt', 'instant'],
        to: ['toAt', 'instant'],
        use: ['use', 'thousandths'],
        amount: ['amountFen', 'hundredths'],
        plan: ['planName', 'text'],
        version: ['planVersion', 'integer'],
        replaced: ['replacedAt', 'instant'],
      },
    },
  }),
} as const;
