import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { Id, Nullable } from './schemas.ts';

const inMarket = Type.Object({ marketId: Id });
const rulers = ['admin', 'manager'] as const;
const Nothing = Type.Null();

const StallTypeCode = Type.String({ minLength: 1, maxLength: 64 });
/** Null: every stall of the market. */
const ForStallType = Nullable(StallTypeCode);
const Day = Type.String({ format: 'date' });

/** 免断时段: hours of the week in which nothing is cut for its balance, by the market's wall clock. */
export const FriendlyHours = Type.Object({
  stallType: ForStallType,
  /** Days on which they begin, 0 = Sunday. */
  weekdays: Type.Array(Type.Integer({ minimum: 0, maximum: 6 }), { minItems: 1, maxItems: 7, uniqueItems: true }),
  from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
  /** Before `from`: they go on past midnight. */
  to: Type.String({ pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$' }),
});
export type FriendlyHours = Static<typeof FriendlyHours>;

/** Days of the market on which nothing is cut for its balance; the first and the last are holidays too. */
export const Holiday = Type.Object({
  stallType: ForStallType,
  name: Type.String({ minLength: 1, maxLength: 64 }),
  firstDay: Day,
  lastDay: Day,
});
export type Holiday = Static<typeof Holiday>;

export const CutCalendar = Type.Object({
  friendlyHours: Type.Array(Type.Object({ hoursId: Id, ...FriendlyHours.properties })),
  holidays: Type.Array(Type.Object({ holidayId: Id, ...Holiday.properties })),
  /** Types of stall that are never cut for their balance. */
  protectedTypes: Type.Array(StallTypeCode),
});
export type CutCalendar = Static<typeof CutCalendar>;

export const controlRoutes = {
  cutCalendar: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/cut-calendar',
    summary: 'Friendly hours, holidays and protected types of stall: when and what is not cut',
    roles: ROLES,
    params: inMarket,
    response: CutCalendar,
  }),
  putFriendlyHours: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/cut-calendar/friendly-hours/:hoursId',
    summary: 'Set friendly hours, under an id that the caller makes',
    roles: rulers,
    params: Type.Object({ marketId: Id, hoursId: Id }),
    body: FriendlyHours,
    response: Nothing,
  }),
  deleteFriendlyHours: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/cut-calendar/friendly-hours/:hoursId',
    summary: 'Take friendly hours away',
    roles: rulers,
    params: Type.Object({ marketId: Id, hoursId: Id }),
    response: Nothing,
  }),
  putHoliday: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/cut-calendar/holidays/:holidayId',
    summary: 'Set a holiday, under an id that the caller makes',
    roles: rulers,
    params: Type.Object({ marketId: Id, holidayId: Id }),
    body: Holiday,
    response: Nothing,
  }),
  deleteHoliday: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/cut-calendar/holidays/:holidayId',
    summary: 'Take a holiday away',
    roles: rulers,
    params: Type.Object({ marketId: Id, holidayId: Id }),
    response: Nothing,
  }),
  protectStallType: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/cut-calendar/protected-types/:stallType',
    summary: 'Never cut stalls of a type for their balance',
    roles: rulers,
    params: Type.Object({ marketId: Id, stallType: StallTypeCode }),
    response: Nothing,
  }),
  unprotectStallType: defineRoute({
    method: 'DELETE',
    path: '/api/markets/:marketId/cut-calendar/protected-types/:stallType',
    summary: 'Cut stalls of a type like others',
    roles: rulers,
    params: Type.Object({ marketId: Id, stallType: StallTypeCode }),
    response: Nothing,
  }),
} as const;
