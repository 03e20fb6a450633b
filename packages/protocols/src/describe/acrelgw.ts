import { toHex } from '@openprepay/kernel';
import { decodeDown } from '../acrelgw/down.ts';
import { decodeFrame, GW_TYPE, type GwFrame } from '../acrelgw/frame.ts';
import { readingOfGwMeter } from '../acrelgw/functions.ts';
import type { GwDown, GwMeter, GwUp } from '../acrelgw/messages.ts';
import { decodeUp } from '../acrelgw/up.ts';
import { isProtocolError } from '../errors.ts';
import { formatWallClock } from '../wall-clock.ts';
import { attempt, describeLineBytes } from './attempt.ts';
import { type DescribedValue, type Description, describe, type Fields, hexOf, measured } from './description.ts';

const TYPE_MEANINGS: Readonly<Record<number, string>> = {
  [GW_TYPE.auth]: 'authentication',
  [GW_TYPE.heartbeat]: 'heartbeat',
  [GW_TYPE.data]: 'data, encrypted',
  [GW_TYPE.zippedData]: 'data, compressed and encrypted',
  [GW_TYPE.downlink]: 'to a meter, encrypted',
  [GW_TYPE.answer]: 'from a meter, encrypted',
};

/**
 * The direction is not in the frame, but no message of one side is also one of the other.
 * @param secret what the gateway shares with the server; without it the encrypted types are shown as such
 */
export function describeAcrelGw(bytes: Uint8Array, secret: string | null): Description {
  const frame = decodeFrame(bytes);
  const head = {
    type: hexOf(frame.type),
    typeMeaning: TYPE_MEANINGS[frame.type] ?? 'unknown',
    bytes: frame.data.length,
  };
  const down = attempt(() => decodeDown(frame, secret));
  if (down) return describeDown(down, head);
  try {
    return describeUp(decodeUp(frame, secret), head);
  } catch (error) {
    if (!isProtocolError(error) || error.code !== 'frame.not_decrypted') throw error;
    return describeSealed(frame, head, secret === null);
  }
}

function describeSealed({ type, data }: GwFrame, head: Fields, lacksSecret: boolean): Description {
  const fromServer = type === GW_TYPE.downlink;
  const summary = `${fromServer ? 'server' : 'gateway'}: encrypted${lacksSecret ? '' : ', and not with this secret'}`;
  return describe('acrelgw', summary, { direction: directionOf(fromServer), ...head, encrypted: toHex(data) });
}

const directionOf = (fromServer: boolean) => (fromServer ? 'down (from the server)' : 'up (from the gateway)');

function describeUp(up: GwUp, head: Fields): Description {
  const said = (what: string, fields: Fields, inner: readonly Description[] = []) =>
    describe(
      'acrelgw',
      `gateway: ${what}`,
      { direction: directionOf(false), ...head, meaning: what, ...fields },
      inner,
    );
  switch (up.kind) {
    case 'auth_request':
      return said('asks to be authenticated', identityOf(up));
    case 'auth_answer':
      return said('answers the sequence', { ...identityOf(up), md5: up.md5 });
    case 'heartbeat':
      return said('heartbeat', identityOf(up));
    case 'report': {
      const meters = up.meters.map((meter) => metersFields(meter));
      const time = up.local && formatWallClock(up.local);
      return said(`reports ${up.meters.length} meters`, { ...identityOf(up), time, zipped: up.zipped, meters });
    }
    case 'transparent': {
      const { port, address, bytes } = up;
      return said('passes on what a meter said', { port, address, line: toHex(bytes) }, describeLineBytes(bytes));
    }
    case 'other':
      return said('unknown type', { data: toHex(up.data) });
  }
}

function describeDown(down: GwDown, head: Fields): Description {
  const said = (what: string, fields: Fields, inner: readonly Description[] = []) =>
    describe('acrelgw', `server: ${what}`, { direction: directionOf(true), ...head, meaning: what, ...fields }, inner);
  switch (down.kind) {
    case 'auth_sequence':
      return said('gives a sequence to be answered', { ...identityOf(down), sequence: down.sequence });
    case 'auth_result':
      return said(down.passed ? 'accepts the gateway' : 'refuses the gateway', {
        ...identityOf(down),
        passed: down.passed,
      });
    case 'heartbeat_time':
      return said('gives the time', { ...identityOf(down), local: formatWallClock(down.local) });
    case 'transparent': {
      const { port, address, bytes } = down;
      return said('says something to a meter', { port, address, line: toHex(bytes) }, describeLineBytes(bytes));
    }
  }
}

const identityOf = ({
  gatewayId,
  buildingId,
}: {
  readonly gatewayId: string;
  readonly buildingId: string;
}): Fields => ({
  gatewayId,
  buildingId,
});

/** Every function under its name in words where the table has one; those not read are marked. */
function metersFields(meter: GwMeter): DescribedValue {
  const { details } = readingOfGwMeter(meter, null, { verified: false });
  const values = Object.fromEntries(details.map(({ name, value, unit }) => [name, measured(value, unit)]));
  const failed = meter.functions.filter(({ error }) => error !== null).map(({ id, error }) => `${id}: error ${error}`);
  return { meter: meter.id, ...values, ...(failed.length > 0 ? { notRead: failed } : {}) };
}
