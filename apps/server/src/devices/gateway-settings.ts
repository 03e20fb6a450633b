import { isIPv4 } from 'node:net';
import Type, { type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { devicesError } from './errors.ts';
import type { GatewayLink } from './types.ts';

/*
 * What may be said of a gateway, link by link. What is not known is refused: a setting with a slip of the pen would be
 * believed and never heard.
 */

const Hex = Type.String({ pattern: '^([0-9a-fA-F]{2}){4,80}$' });
const strict = { additionalProperties: false } as const;

const line = {
  /** Silence after an answer before the next question. */
  gapMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 5_000 })),
  /** How long an answer may take. */
  timeoutMs: Type.Optional(Type.Integer({ minimum: 500, maximum: 60_000 })),
  /** Of the bus, for reckoning how long a frame is under way. */
  baud: Type.Optional(Type.Integer({ minimum: 300, maximum: 115_200 })),
};

const SETTINGS: Readonly<Record<GatewayLink, TSchema>> = {
  dtu: Type.Object(
    {
      ...line,
      /** How it says who it is: once when it connects, or before every packet. */
      registration: Type.Optional(Type.Enum(['once', 'every_packet'])),
      /** Bytes it sends to keep the line open; they are no answer. */
      heartbeats: Type.Optional(Type.Array(Hex, { maxItems: 8 })),
    },
    strict,
  ),
  modbus_tcp: Type.Object(
    {
      ...line,
      /** Whether it wraps frames as Modbus TCP does, or passes RTU frames through. */
      framing: Type.Optional(Type.Enum(['tcp', 'rtu'])),
    },
    strict,
  ),
  acrelgw: Type.Object({ timeoutMs: line.timeoutMs }, strict),
  mqtt: Type.Object(
    { productKey: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })), timeoutMs: line.timeoutMs },
    strict,
  ),
};

const checks = {
  dtu: Compile(SETTINGS.dtu),
  modbus_tcp: Compile(SETTINGS.modbus_tcp),
  acrelgw: Compile(SETTINGS.acrelgw),
  mqtt: Compile(SETTINGS.mqtt),
};

/** Of AES-128. */
const ACREL_SECRET_BYTES = 16;

export interface GatewayDescription {
  readonly link: GatewayLink;
  readonly linkKey: string;
  readonly secret: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Whether a technician may enter a gateway as described.
 * @throws devices.bad_address, devices.bad_secret, devices.bad_settings
 */
export function mustBePossibleGateway(gateway: GatewayDescription): void {
  if (gateway.link === 'modbus_tcp') mustBeReachable(gateway.linkKey);
  mustBePossibleWherever(gateway);
}

/**
 * As `mustBePossibleGateway`, wherever it stands: a site file, which only who has the machine can import, may name any place.
 * @throws devices.bad_address, devices.bad_secret, devices.bad_settings
 */
export function mustBePossibleWherever({ link, linkKey, secret, settings }: GatewayDescription): void {
  if (/[\s\p{C}]/u.test(linkKey)) throw devicesError('devices.bad_address', 'a key has no blanks in it');
  if (link === 'acrelgw' && secret !== null && Buffer.byteLength(secret) !== ACREL_SECRET_BYTES) {
    throw devicesError('devices.bad_secret', `the secret of an Acrel gateway has ${ACREL_SECRET_BYTES} characters`);
  }
  if (secret !== null && (link === 'dtu' || link === 'modbus_tcp')) {
    throw devicesError('devices.bad_secret', `a ${link} gateway has no secret`);
  }
  const check = checks[link];
  if (!check.Check(settings)) {
    const [first] = check.Errors(settings);
    throw devicesError('devices.bad_settings', `${first?.instancePath || 'settings'} ${first?.message}`.trim());
  }
}

const MODBUS_PORT = 502;
const FIRST_FREE_PORT = 1024;

/**
 * We dial these ourselves, so what a technician types must not make the server knock at its own doors, at a cloud's
 * metadata address or anywhere on the internet: a literal IPv4 address of a private network, port 502 or a free one. A
 * name is refused too, since it may be another address by the time it is dialled. A site file, which only who has the
 * machine can import, may name any.
 */
function mustBeReachable(linkKey: string): void {
  const [, host = '', port = ''] = /^([^:]+):(\d{1,5})$/.exec(linkKey) ?? [];
  const number = Number(port);
  if (!isIPv4(host))
    throw devicesError('devices.bad_address', 'a Modbus TCP gateway is "address:port", as 10.1.2.3:502');
  if (!isPrivate(host)) throw devicesError('devices.bad_address', `${host} is no address of a private network`);
  if (number !== MODBUS_PORT && (number < FIRST_FREE_PORT || number > 65_535)) {
    throw devicesError('devices.bad_address', `a port is ${MODBUS_PORT}, or ${FIRST_FREE_PORT} to 65535`);
  }
}

/** RFC 1918, and RFC 6598, which mobile networks use for machines. */
function isPrivate(host: string): boolean {
  const [a = 0, b = 0] = host.split('.').map(Number);
  return a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128);
}
