import { protocolError } from '../errors.ts';
import { idOf, integerOf, type JsonObject, objectOf } from '../json.ts';

/** The northbound calls in use: method, path and the `version` header, which each call has of its own. */
export const NORTHBOUND = {
  createCommand: { method: 'POST', path: '/aep_device_command/command', version: '20190712225145' },
  queryCommand: { method: 'GET', path: '/aep_device_command/command', version: '20190712225241' },
  listCommands: { method: 'GET', path: '/aep_device_command/commands', version: '20200814163736' },
  cancelCommand: { method: 'PUT', path: '/aep_device_command/cancelCommand', version: '20190615023142' },
  /** Unsigned; answers with the platform's clock in `clockHeader`. */
  echo: { method: 'GET', path: '/echo', clockHeader: 'x-ag-timestamp' },
} as const;

export type CommandStatus = 'saved' | 'sent' | 'delivered' | 'completed' | 'cancelled' | 'failed' | 'unknown';

/** commandStatus → name. "delivered" is the platform's word for the radio module's receipt: no valve has moved for it. */
export const COMMAND_STATUS: Readonly<Record<number, CommandStatus>> = {
  1: 'saved',
  2: 'sent',
  3: 'delivered',
  4: 'completed',
  6: 'cancelled',
  999: 'failed',
};

export const commandStatusOf = (code: number): CommandStatus => COMMAND_STATUS[code] ?? 'unknown';

export interface CommandToCreate {
  readonly deviceId: string;
  readonly productId: string;
  /** The device's own bytes. */
  readonly payloadHex: string;
  /** How long the platform keeps it for a sleeping device; 0 = deliver now or fail. */
  readonly ttlS: number;
  readonly operator: string;
  readonly level: number;
}

export interface CommandReply {
  readonly commandId: string;
  readonly status: CommandStatus;
}

const DATA_TYPE_HEX = 2;

/** The request body of `createCommand`, exactly as it is signed and sent. @throws frame.bad_value */
export function createCommandBody(command: CommandToCreate): string {
  const { payloadHex } = command;
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(payloadHex))
    throw protocolError('frame.bad_value', 'payloadHex is not hexadecimal');
  return commandBody({ dataType: DATA_TYPE_HEX, payload: payloadHex }, command);
}

export interface ServiceCommandToCreate extends Omit<CommandToCreate, 'payloadHex'> {
  /** A service of the product's profile, with its parameters by name. */
  readonly identifier: string;
  readonly parameters: JsonObject;
}

/** The same for a product with a profile. From one public source. @throws frame.bad_value */
export function createServiceCommandBody(command: ServiceCommandToCreate): string {
  const { deviceId, operator, productId, ttlS, level, identifier, parameters } = command;
  if (!/^\w{1,64}$/.test(identifier)) throw protocolError('frame.bad_value', 'no name of a service', { identifier });
  return commandBody(
    { params: parameters, serviceIdentifier: identifier },
    { deviceId, operator, productId, ttlS, level },
  );
}

function commandBody(content: JsonObject, command: Omit<CommandToCreate, 'payloadHex'>): string {
  const { deviceId, productId, ttlS, operator, level } = command;
  if (!/^\d{1,15}$/.test(productId)) throw protocolError('frame.bad_value', 'productId is not a number', { productId });
  if (!Number.isSafeInteger(ttlS) || ttlS < 0)
    throw protocolError('frame.bad_value', 'ttlS is not a whole number', { ttlS });
  return JSON.stringify({ content, deviceId, operator, productId: Number(productId), ttl: ttlS, level });
}

/** Answer to `createCommand` and `queryCommand`. @throws frame.bad_payload; frame.bad_value when the platform refused */
export function parseCommandReply(json: unknown): CommandReply {
  const reply = objectOf(json, 'reply');
  const code = integerOf(reply, 'code');
  if (code !== 0)
    throw protocolError('frame.bad_value', 'the platform refused', { code, msg: String(reply['msg']).slice(0, 200) });
  const result = objectOf(reply['result'], 'result');
  return { commandId: idOf(result, 'commandId'), status: commandStatusOf(integerOf(result, 'commandStatus')) };
}
