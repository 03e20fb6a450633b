import Type, { type Static } from 'typebox';
import { PhotoBase64, ReadingNote, RegisterValue, SuspectReason } from './readings.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, MAX_LIST_ROWS, MeterKindSchema, Nullable, Origin, QuantityBase } from './schemas.ts';

/*
 * Suspect readings that stop settlement until a person has decided, and what was decided about those before.
 */

const Day = Type.String({ format: 'date' });
const Action = Type.Enum(['accept', 'reject', 'replace']);

export const HOLD_SORTS = ['opened', 'stall', 'meter', 'reason', 'read', 'released'] as const;

export const HoldQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  /** Where nothing is said: what is open from the oldest on, what is released from the latest decision back. */
  sort: Type.Optional(Type.Enum([...HOLD_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  /** `open` where nothing is said. */
  state: Type.Optional(Type.Enum(['open', 'released'])),
  reason: Type.Optional(SuspectReason),
  medium: Type.Optional(MeterKindSchema),
  building: Type.Optional(Type.String({ maxLength: 80 })),
  /** Opened on this day of the market's zone or later. */
  from: Type.Optional(Day),
  /** Inclusive. */
  to: Type.Optional(Day),
  /** Found anywhere in the stall's code or the meter's serial. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type HoldQuery = Static<typeof HoldQuery>;

export const Hold = Type.Object({
  holdId: Id,
  meterId: Id,
  meterSerial: Type.String(),
  meterKind: MeterKindSchema,
  /** Where the meter is, or was when it was decided. */
  stallId: Nullable(Id),
  stallCode: Nullable(Type.String()),
  building: Nullable(Type.String()),
  reason: SuspectReason,
  openedAt: Instant,
  readAt: Instant,
  receivedAt: Instant,
  origin: Origin,
  ctRatio: Type.Integer(),
  /** What is there now: of a reading that was replaced, what a person put in its place. */
  value: QuantityBase,
  registerValue: Type.String({ description: 'as the register showed it, before CT, in kWh or m³' }),
  /** What the meter said, where a person put another value in its place. */
  saidValue: Nullable(QuantityBase),
  lastGoodValue: Nullable(QuantityBase),
  lastGoodRegisterValue: Nullable(Type.String()),
  lastGoodAt: Nullable(Instant),
  frameId: Nullable(Id),
  /** Who decided what, and why; null while it is open. */
  release: Nullable(
    Type.Object({ at: Instant, operatorName: Nullable(Type.String()), action: Action, note: Nullable(Type.String()) }),
  ),
});
export type Hold = Static<typeof Hold>;

export const HoldPage = Type.Object({ total: Type.Integer(), holds: Type.Array(Hold) });
export type HoldPage = Static<typeof HoldPage>;

export const HoldRelease = Type.Object({
  /**
   * accept: the reading counts. reject: it is set aside and settlement goes on from the last good one. replace: the value
   * given here counts in its place.
   */
  action: Action,
  note: ReadingNote,
  /** With replace, and only then: what the register showed. */
  value: Type.Optional(RegisterValue),
  photoBase64: Type.Optional(PhotoBase64),
  confirmJump: Type.Optional(Type.Boolean()),
});

export const holdsRoutes = {
  holds: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/holds',
    summary: 'Suspect readings that stop settlement, or did until a person decided; filtered, sorted and by the page',
    roles: ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id }),
    query: HoldQuery,
    response: HoldPage,
    list: {
      rows: 'holds',
      paging: 'page',
      cells: {
        stall: ['stallCode', 'text'],
        building: ['building', 'text'],
        medium: ['meterKind', 'code'],
        meter: ['meterSerial', 'text'],
        reason: ['reason', 'code'],
        opened: ['openedAt', 'instant'],
        value: ['value', 'thousandths'],
        read: ['readAt', 'instant'],
        said: ['saidValue', 'thousandths'],
        lastGood: ['lastGoodValue', 'thousandths'],
        lastGoodAt: ['lastGoodAt', 'instant'],
        action: ['release.action', 'code'],
        released: ['release.at', 'instant'],
        releasedBy: ['release.operatorName', 'text'],
        note: ['release.note', 'text'],
      },
    },
  }),
  releaseHold: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/holds/:holdId/release',
    summary: 'Release a hold with a note: accept, reject or replace its reading',
    roles: ['admin', 'finance'],
    scope: 'building',
    params: Type.Object({ marketId: Id, holdId: Id }),
    body: HoldRelease,
    response: Type.Null(),
  }),
} as const;
