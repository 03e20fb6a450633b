import Type, { type Static } from 'typebox';
import { defineRoute } from './route.ts';
import { Instant, LinkSchema, MAX_LIST_ROWS } from './schemas.ts';

/*
 * What called in and belongs to no market yet.
 */

export const UNCLAIMED_SORTS = ['lastSeen', 'firstSeen', 'key', 'contacts'] as const;

export const UnclaimedQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  sort: Type.Optional(Type.Enum([...UNCLAIMED_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  link: Type.Optional(LinkSchema),
  /** Found anywhere in what the device calls itself, or in the address it called from. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type UnclaimedQuery = Static<typeof UnclaimedQuery>;

export const UnclaimedDevice = Type.Object({
  link: LinkSchema,
  linkKey: Type.String(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  contacts: Type.Integer(),
  remote: Type.String(),
});
export type UnclaimedDevice = Static<typeof UnclaimedDevice>;

export const UnclaimedPage = Type.Object({ total: Type.Integer(), devices: Type.Array(UnclaimedDevice) });
export type UnclaimedPage = Static<typeof UnclaimedPage>;

export const unclaimedRoutes = {
  unclaimedDevices: defineRoute({
    method: 'GET',
    path: '/api/unclaimed-devices',
    summary: 'Devices that called in and belong to no market, filtered, sorted and by the page',
    roles: ['admin', 'technician', 'auditor'],
    scope: 'market',
    query: UnclaimedQuery,
    response: UnclaimedPage,
    list: {
      rows: 'devices',
      paging: 'page',
      cells: {
        key: ['linkKey', 'text'],
        link: ['link', 'code'],
        firstSeen: ['firstSeenAt', 'instant'],
        lastSeen: ['lastSeenAt', 'instant'],
        contacts: ['contacts', 'integer'],
        remote: ['remote', 'text'],
      },
    },
  }),
} as const;
