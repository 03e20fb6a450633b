import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { CommandKind, Id, Instant, MAX_LIST_ROWS, MeterKindSchema, Nullable, SwitchState } from './schemas.ts';

/*
 * Meters that did not reach the wanted state: what a person must look at.
 */

const Day = Type.String({ format: 'date' });
const ExceptionKind = Type.Enum(['switch_not_confirmed', 'command_expired', 'setting_not_confirmed']);

export const EXCEPTION_SORTS = ['opened', 'stall', 'meter', 'kind'] as const;

export const ExceptionQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...EXCEPTION_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  kind: Type.Optional(ExceptionKind),
  medium: Type.Optional(MeterKindSchema),
  building: Type.Optional(Type.String({ maxLength: 80 })),
  /** Opened on this day of the market's zone or later. */
  from: Type.Optional(Day),
  /** Inclusive. */
  to: Type.Optional(Day),
  /** Found anywhere in the stall's code or the meter's serial. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type ExceptionQuery = Static<typeof ExceptionQuery>;

export const DeviceException = Type.Object({
  exceptionId: Id,
  meterId: Id,
  meterSerial: Type.String(),
  meterKind: MeterKindSchema,
  stallId: Nullable(Id),
  stallCode: Nullable(Type.String()),
  building: Nullable(Type.String()),
  kind: ExceptionKind,
  openedAt: Instant,
  command: CommandKind,
  /** Of a switch; null for a setting. */
  wanted: Nullable(Type.Enum(['on', 'off'])),
  /** What the last read-back of a switch said; null where none came that says anything. */
  readBack: Nullable(SwitchState),
  /** How often the command was written to the wire, or handed to the platform. */
  writes: Type.Integer(),
});
export type DeviceException = Static<typeof DeviceException>;

export const ExceptionPage = Type.Object({ total: Type.Integer(), exceptions: Type.Array(DeviceException) });
export type ExceptionPage = Static<typeof ExceptionPage>;

export const exceptionsRoutes = {
  exceptions: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/exceptions',
    summary: 'Meters that did not reach the wanted state, filtered, sorted and by the page',
    roles: ROLES,
    scope: 'building',
    params: Type.Object({ marketId: Id }),
    query: ExceptionQuery,
    response: ExceptionPage,
    list: {
      rows: 'exceptions',
      paging: 'page',
      cells: {
        stall: ['stallCode', 'text'],
        building: ['building', 'text'],
        medium: ['meterKind', 'code'],
        meter: ['meterSerial', 'text'],
        kind: ['kind', 'code'],
        opened: ['openedAt', 'instant'],
        command: ['command', 'code'],
        wanted: ['wanted', 'code'],
        readBack: ['readBack', 'code'],
        writes: ['writes', 'integer'],
      },
    },
  }),
} as const;
