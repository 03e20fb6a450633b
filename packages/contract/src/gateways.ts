import Type, { type Static } from 'typebox';
import { Access, StartReading } from './devices.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, LinkSchema, MAX_LIST_ROWS, MeterKindSchema, Nullable } from './schemas.ts';

/*
 * What stands between several meters and us, and the claiming of what called in. Secrets are written here and never read
 * back.
 */

const changers = ['admin', 'technician'] as const;
const inMarket = Type.Object({ marketId: Id });
const Nothing = Type.Null();
const Name = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Note = Type.String({ minLength: 2, maxLength: 200 });

export const GatewayLinkSchema = Type.Enum(['acrelgw', 'dtu', 'mqtt', 'modbus_tcp']);

export const GatewaySettings = Type.Record(Type.String({ maxLength: 32 }), Type.Unknown());

export const Gateway = Type.Object({
  link: GatewayLinkSchema,
  linkKey: Type.String(),
  name: Type.String(),
  /** Whether one is stored; what it is is never told. */
  hasSecret: Type.Boolean(),
  settings: GatewaySettings,
  createdAt: Instant,
  retiredAt: Nullable(Instant),
  meters: Type.Integer(),
  metersOnline: Type.Integer(),
});
export type Gateway = Static<typeof Gateway>;

export const GATEWAY_SORTS = ['name', 'key', 'link', 'meters', 'created'] as const;

export const GatewayQuery = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIST_ROWS })),
  /** Where nothing is said: in service first, by name. */
  sort: Type.Optional(Type.Enum([...GATEWAY_SORTS])),
  descending: Type.Optional(Type.Boolean()),
  link: Type.Optional(GatewayLinkSchema),
  /** Both where nothing is said. */
  state: Type.Optional(Type.Enum(['in_service', 'retired'])),
  /** Found anywhere in name or link key. */
  text: Type.Optional(Type.String({ maxLength: 80 })),
});
export type GatewayQuery = Static<typeof GatewayQuery>;

export const GatewayPage = Type.Object({ total: Type.Integer(), gateways: Type.Array(Gateway) });
export type GatewayPage = Static<typeof GatewayPage>;

export const NewGateway = Type.Object({
  link: GatewayLinkSchema,
  linkKey: Name(64),
  name: Name(80),
  secret: Type.Optional(Type.String({ minLength: 8, maxLength: 64 })),
  settings: Type.Optional(GatewaySettings),
});
export type NewGateway = Static<typeof NewGateway>;

const GatewayUpdate = Type.Object({
  name: Type.Optional(Name(80)),
  /** A new one in place of the old; null takes it away. */
  secret: Type.Optional(Nullable(Type.String({ minLength: 8, maxLength: 64 }))),
  settings: Type.Optional(GatewaySettings),
});

/** Of a device that called in: what it is, and optionally where it hangs. */
export const Claim = Type.Object({
  link: LinkSchema,
  linkKey: Name(64),
  as: Type.Union([
    Type.Object({
      kind: MeterKindSchema,
      model: Name(80),
      serial: Name(64),
      ctRatio: Type.Integer({ minimum: 1, maximum: 10_000 }),
      busAddress: Name(32),
      access: Type.Optional(Access),
      stallId: Type.Optional(Id),
      start: Type.Optional(StartReading),
    }),
    Type.Object({
      gateway: Type.Object({
        name: Name(80),
        secret: Type.Optional(Type.String({ minLength: 8, maxLength: 64 })),
        settings: Type.Optional(GatewaySettings),
      }),
    }),
  ]),
});
export type Claim = Static<typeof Claim>;

const ofGateway = Type.Object({ marketId: Id, link: GatewayLinkSchema, linkKey: Name(64) });
export const gatewaysRoutes = {
  gateways: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/gateways',
    summary: 'The gateways of a market, with how many meters are behind each; filtered, sorted and by the page',
    roles: ROLES,
    params: inMarket,
    query: GatewayQuery,
    response: GatewayPage,
    list: {
      rows: 'gateways',
      paging: 'page',
      cells: {
        name: ['name', 'text'],
        link: ['link', 'code'],
        key: ['linkKey', 'text'],
        meters: ['meters', 'integer'],
        online: ['metersOnline', 'integer'],
        secret: ['hasSecret', 'code'],
        created: ['createdAt', 'instant'],
        retired: ['retiredAt', 'instant'],
      },
    },
  }),
  createGateway: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/gateways',
    summary: 'Enter a gateway into the register',
    roles: changers,
    params: inMarket,
    body: NewGateway,
    response: Nothing,
  }),
  updateGateway: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/gateways/:link/:linkKey',
    summary: 'Change a gateway’s name, secret or settings',
    roles: changers,
    params: ofGateway,
    body: GatewayUpdate,
    response: Nothing,
  }),
  retireGateway: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/gateways/:link/:linkKey/retire',
    summary: 'Take a gateway without meters out of service',
    roles: changers,
    params: ofGateway,
    body: Type.Object({ note: Note }),
    response: Nothing,
  }),
  claimDevice: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/claimed-devices',
    summary: 'Take a device that called in and belongs to nobody as a meter or gateway of this market',
    roles: changers,
    params: inMarket,
    body: Claim,
    response: Type.Object({ meterId: Nullable(Id) }),
  }),
} as const;
