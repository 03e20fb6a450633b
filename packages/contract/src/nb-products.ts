import Type, { type Static } from 'typebox';
import { defineRoute, ROLES } from './route.ts';
import { Id, Instant, Nullable } from './schemas.ts';

/*
 * The products of a market on the telecom operators' NB-IoT platforms. Keys are written here and never read back; the address
 * that the platform pushes to is told once, when it is made.
 */

/** They call an address that somebody typed, with keys: not for whoever installs meters. */
const changers = ['admin'] as const;
const Text = (maxLength: number, minLength = 1) => Type.String({ minLength, maxLength });

export const NB_PLATFORMS = ['ctwing', 'onenet'] as const;
export const NbPlatform = Type.Enum([...NB_PLATFORMS]);
export type NbPlatform = (typeof NB_PLATFORMS)[number];

export const NbProduct = Type.Object({
  platform: NbPlatform,
  productId: Type.String(),
  /** How its payloads are read and written. */
  codec: Type.String(),
  baseUrl: Type.String(),
  /** CTWing: the application's key; OneNET: the resource of the access key, empty where the product's master key is used. */
  appKey: Type.String(),
  /** Addresses that may push; none allows any. */
  allowedSources: Type.Array(Type.String()),
  /** Whether keys are stored that this installation can read; what they are is never told. */
  hasKeys: Type.Boolean(),
  meters: Type.Integer(),
  metersOnline: Type.Integer(),
  /** When one of its meters was last heard. */
  lastContactAt: Nullable(Instant),
});
export type NbProduct = Static<typeof NbProduct>;

/** A key that is not given stays as it is. */
export const NbProductChange = Type.Object({
  codec: Text(80),
  baseUrl: Text(200),
  appKey: Text(200, 0),
  allowedSources: Type.Array(Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })]), {
    maxItems: 100,
  }),
  appSecret: Type.Optional(Text(200)),
  masterKey: Type.Optional(Text(200, 0)),
  /** The platform can push no longer to the address it had. */
  newPushAddress: Type.Optional(Type.Boolean()),
});
export type NbProductChange = Static<typeof NbProductChange>;

const ofProduct = Type.Object({
  marketId: Id,
  platform: NbPlatform,
  productId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
});

export const nbProductsRoutes = {
  nbProducts: defineRoute({
    method: 'GET',
    path: '/api/markets/:marketId/nb-products',
    summary: 'The products of a market on NB-IoT platforms, with how many meters each has',
    roles: ROLES,
    params: Type.Object({ marketId: Id }),
    response: Type.Object({
      products: Type.Array(NbProduct),
      /** The payloads that there are, by name. */
      codecs: Type.Array(Type.String()),
    }),
  }),
  saveNbProduct: defineRoute({
    method: 'PUT',
    path: '/api/markets/:marketId/nb-products/:platform/:productId',
    summary: 'Enter a product, or change one; the answer has the path for pushes where that is new',
    roles: changers,
    params: ofProduct,
    body: NbProductChange,
    response: Type.Object({ pushPath: Nullable(Type.String()) }),
  }),
  removeNbProduct: defineRoute({
    method: 'POST',
    path: '/api/markets/:marketId/nb-products/:platform/:productId/remove',
    summary: 'Take a product without meters out of the register',
    roles: changers,
    params: ofProduct,
    body: Type.Object({ note: Text(200, 2) }),
    response: Type.Null(),
  }),
} as const;
