import { fromHex, zonedParts } from '@openprepay/kernel';
import {
  decodeFrame,
  decodeValveRequest,
  encodeFrame,
  type Metering,
  readReply,
  readRequest,
  valveReply,
} from '@openprepay/protocols/cjt188';
import { NORTHBOUND, verify } from '@openprepay/protocols/ctwing';

export interface CachedCommand {
  readonly id: string;
  readonly deviceId: string;
  readonly payloadHex: string;
  readonly ttlS: number;
  status: number;
}

/** The NB platform's northbound API, played by a test: checks the signature, keeps commands, and can be away. */
export class ScriptedPlatform {
  readonly commands: CachedCommand[] = [];
  isAway = false;
  /** How far the platform's clock is ahead of the one we sign with. */
  aheadMs = 0;
  refused = 0;
  /** A device that the platform does not know. */
  unknownDeviceId: string | null = null;
  readonly #now: () => Date;

  constructor(now: () => Date) {
    this.#now = now;
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    if (this.isAway) throw new TypeError('connect ECONNREFUSED');
    const url = new URL(String(input));
    const nowMs = this.#now().getTime() + this.aheadMs;
    if (url.pathname === NORTHBOUND.echo.path) {
      return new Response('', { headers: { [NORTHBOUND.echo.clockHeader]: String(nowMs) } });
    }
    const headers = new Headers(init.headers);
    const body = typeof init.body === 'string' ? init.body : '';
    const timestamp = headers.get('timestamp') ?? '';
    const signed = { MasterKey: headers.get('MasterKey') ?? '', ...Object.fromEntries(url.searchParams) };
    const signing = { application: headers.get('application') ?? '', timestamp };
    const isGenuine = verify('secret', signed, body, signing, headers.get('signature') ?? '');
    if (!isGenuine || Math.abs(Number(timestamp) - nowMs) > 300_000) {
      this.refused += 1;
      return Response.json({ code: 10_002, msg: 'signature' });
    }
    if (this.unknownDeviceId !== null && body.includes(this.unknownDeviceId)) {
      return Response.json({ code: 10_007, msg: 'no such device' });
    }
    return Response.json({ code: 0, msg: 'ok', result: this.#answer(init.method ?? 'GET', url, body) });
  };

  #answer(method: string, url: URL, body: string) {
    if (method === NORTHBOUND.createCommand.method) {
      const { content, deviceId, ttl } = JSON.parse(body);
      const id = String(1000 + this.commands.length);
      this.commands.push({ id, deviceId, payloadHex: content.payload, ttlS: ttl, status: 1 });
      return { commandId: Number(id), commandStatus: 1 };
    }
    const wanted = method === 'GET' ? url.searchParams.get('commandId') : JSON.parse(body).commandId;
    const command = this.commands.find((one) => one.id === wanted);
    if (!command) throw new Error(`no such command: ${wanted}`);
    if (method === NORTHBOUND.cancelCommand.method) command.status = 6;
    return { commandId: Number(command.id), commandStatus: command.status };
  }
}

/** What a water meter says at `at`, as the platform pushes it. */
export function meteringPush(
  device: { linkKey: string; address: string },
  at: Date,
  said: Pick<Metering, 'valve'> & Partial<Metering>,
): object {
  const metering: Metering = {
    currentLitres: 12_340n,
    settlementLitres: 0n,
    clock: zonedParts(at, 'Asia/Shanghai'),
    batteryLow: false,
    statusRaw: '0000',
    ...said,
  };
  return dataPush(device.linkKey, at, encodeFrame(readReply(readRequest(device.address, 0), metering)));
}

/** The meter's answer to the valve order in a cached command. */
export function valveReplyPush(linkKey: string, at: Date, payloadHex: string): object {
  const request = decodeFrame(fromHex(payloadHex));
  decodeValveRequest(request);
  const reply = valveReply(request, { valve: 'on', batteryLow: false, statusRaw: '0000' });
  return dataPush(linkKey, at, encodeFrame(reply));
}

export function dataPush(linkKey: string, at: Date, payload: Uint8Array): object {
  const APPdata = Buffer.from(payload).toString('base64');
  return { ...common(linkKey, at), messageType: 'dataReport', IMEI: '860803030676429', payload: { APPdata } };
}

export function responsePush(linkKey: string, at: Date, taskId: string, resultCode: string): object {
  const result = { resultCode, resultDetail: '' };
  return { ...common(linkKey, at), messageType: 'commandResponse', taskId: Number(taskId), result };
}

function common(linkKey: string, at: Date) {
  const [productId, deviceId] = linkKey.split('/');
  return { productId, deviceId, timestamp: at.getTime(), tenantId: '10461180', protocol: 'lwm2m' };
}
