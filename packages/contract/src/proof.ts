import Type, { type Static } from 'typebox';
import { defineRoute, MONEY_ROLES } from './route.ts';
import { AmountFen, Id, Instant, LedgerLine, MeterKindSchema, Nullable, Origin, QuantityBase } from './schemas.ts';
import { FrameDescription } from './wire.ts';

/*
 * Proof per fen: all that stands behind one transaction. Amounts of exact arithmetic are yuan as decimals with as many places
 * as they need.
 */

const Exact = Type.String({ pattern: '^-?\\d+\\.\\d{2,9}$' });

const ProofFrame = Type.Object({
  at: Instant,
  protocol: Type.String(),
  hex: Type.String(),
  /** Null where the bytes have no words. */
  description: Nullable(FrameDescription),
});

export const ProofReading = Type.Object({
  readAt: Instant,
  receivedAt: Instant,
  origin: Origin,
  /** After CT, going on over wraps of the register. */
  value: QuantityBase,
  /** Sharp, peak, flat, valley, deep valley; null where the meter has none. */
  tariffs: Nullable(Type.Array(Nullable(QuantityBase))),
  turnovers: Type.Integer(),
  /** What the meter said, where a person put another value in its place. */
  saidValue: Nullable(QuantityBase),
  operatorName: Nullable(Type.String()),
  note: Nullable(Type.String()),
  photoId: Nullable(Id),
  /** What it came from; null where it came from no frame, or the frame is no longer kept. */
  frame: Nullable(ProofFrame),
});
export type ProofReading = Static<typeof ProofReading>;

const ProofUse = Type.Object({
  step: Nullable(Type.Integer()),
  tariff: Nullable(Type.String()),
  /** Negative in a correction that gives back. */
  use: QuantityBase,
  /** Yuan per kWh or m³, six decimals. */
  unitPrice: Type.String(),
  parts: Type.Array(Type.Object({ name: Type.String(), price: Type.String() })),
  exact: Exact,
});

/** How an amount was made: what was used at which price, and the rounded sum of the billing period before and after it. */
export const ProofSum = Type.Object({
  planName: Type.String(),
  planVersion: Type.Integer(),
  planValidFrom: Instant,
  /** As docs/price-plan.md shows it. */
  rule: Type.Unknown(),
  billingPeriod: Type.String(),
  periodFrom: Instant,
  usedBefore: QuantityBase,
  uses: Type.Array(ProofUse),
  /** The price of a day for every midnight between the readings; null where there is none. */
  standing: Nullable(Type.Object({ days: Type.Integer(), perDay: Type.String(), exact: Exact })),
  exactBefore: Exact,
  exactAfter: Exact,
  roundedBeforeFen: AmountFen,
  roundedAfterFen: AmountFen,
  /** What the tenant pays: roundedAfter − roundedBefore. */
  amountFen: AmountFen,
});

export const ProofMeter = Type.Object({
  meterId: Id,
  serial: Type.String(),
  kind: MeterKindSchema,
  model: Type.String(),
  ctRatio: Type.Integer(),
  stallCode: Nullable(Type.String()),
});

/** A provisional charge: the days its average is of, and what became of it. */
export const ProofProvisional = Type.Object({
  meter: ProofMeter,
  /** The last good reading; the use counts on from it. */
  settled: ProofReading,
  fromAt: Instant,
  toAt: Instant,
  /** Days with a reading on them and on the day before: what lies between the last of each. */
  days: Type.Array(
    Type.Object({
      day: Type.String({ format: 'date' }),
      fromAt: Instant,
      toAt: Instant,
      fromValue: QuantityBase,
      toValue: QuantityBase,
      use: QuantityBase,
    }),
  ),
  daysUse: QuantityBase,
  /** From the last good reading to the end, in milliseconds; and the use of it at the average, rounded down. */
  elapsedMs: Type.Integer(),
  averageUse: QuantityBase,
  /** What of it was charged provisionally before. */
  usedBefore: QuantityBase,
  use: QuantityBase,
  replacedAt: Nullable(Instant),
  replacedTxId: Nullable(Id),
  sum: ProofSum,
});
export type ProofProvisional = Static<typeof ProofProvisional>;

export const Proof = Type.Object({
  txId: Id,
  marketName: Type.String(),
  kind: LedgerLine.properties.kind,
  at: Instant,
  recordedAt: Instant,
  memo: Nullable(Type.String()),
  operatorName: Nullable(Type.String()),
  receiptNumber: Nullable(Type.String()),
  /** The transaction that this one undoes. */
  reverses: Nullable(Id),
  reversedBy: Nullable(Id),
  account: Nullable(Type.Object({ accountId: Id, number: Type.String(), customerName: Type.String() })),
  /** Of double entry: they sum to zero. Minus on a purse is what the tenant pays. */
  postings: Type.Array(Type.Object({ ledgerAccount: Type.String(), amountFen: AmountFen })),
  /** Its link in the ledger's chain; null for the seconds until it is sealed. */
  seal: Nullable(Type.Object({ seq: Type.Integer(), sealedAt: Instant, hash: Type.String() })),
  /** Of a charge. */
  charge: Nullable(
    Type.Object({
      meter: ProofMeter,
      from: ProofReading,
      to: ProofReading,
      /** Pairs of readings that were charged together. */
      intervals: Type.Integer(),
      sum: ProofSum,
    }),
  ),
  /** Of a charge by an average. */
  provisional: Nullable(ProofProvisional),
  /** Of the entry that takes provisional charges back: each of them. */
  takesBack: Type.Array(
    Type.Object({ txId: Nullable(Id), fromAt: Instant, toAt: Instant, use: QuantityBase, amountFen: AmountFen }),
  ),
  /** Of a correction: the charge that it puts right, and the reading that was wrong. */
  correction: Nullable(
    Type.Object({
      meter: ProofMeter,
      correctsTxId: Nullable(Id),
      readAt: Instant,
      saidValue: QuantityBase,
      trueValue: QuantityBase,
      reason: Type.String(),
      sum: ProofSum,
    }),
  ),
});
export type Proof = Static<typeof Proof>;

export const proofRoutes = {
  proof: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/transactions/:txId/proof',
    summary: 'All that stands behind one transaction, down to the bytes that the meter sent',
    roles: MONEY_ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id, txId: Id }),
    response: Proof,
  }),
} as const;
