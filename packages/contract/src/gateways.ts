import Type, { type Static } from 'typebox';
import { Access, StartReading } from './devices.ts';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, LinkSchema, MeterKindSchema, Nullable } from './schemas.ts';

/*
 * What stands between several meters and us, and what called in and belongs to nobody yet. Secrets are written here and
 * never read back.
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
    summary: 'The gateways of a market, with how many meters are behind each',
    roles: ROLES,
    params: inMarket,
    response: Type.Array(Gateway),
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
