import { buildOneNetPush, type PushSecrets } from '@openprepay/protocols/onenet';

export interface LaterCommand {
  readonly uuid: string;
  readonly imei: string;
  readonly payloadHex: string;
  readonly expires: string;
  status: number;
}

/** OneNET's cached commands, played by a test: asks for the product's master key, and keeps commands by IMEI. */
export class ScriptedOneNet {
  readonly commands: LaterCommand[] = [];
  readonly #apiKey: string;

  constructor(apiKey: string) {
    this.#apiKey = apiKey;
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    if (new Headers(init.headers).get('api-key') !== this.#apiKey) {
      return Response.json({ errno: 3, error: 'auth failed' });
    }
    const url = new URL(String(input));
    const imei = url.searchParams.get('imei') ?? '';
    if (init.method === 'POST') {
      const uuid = `u-${this.commands.length}`;
      const payloadHex = JSON.parse(String(init.body)).data[0].val;
      const expires = url.searchParams.get('expired_time') ?? '';
      this.commands.push({ uuid, imei, payloadHex, expires, status: 1 });
      return Response.json({ errno: 0, error: 'succ', data: { uuid } });
    }
    const command = this.commands.find((one) => one.imei === imei && url.pathname.endsWith(`/${one.uuid}`));
    if (!command) return Response.json({ errno: 2004, error: 'not found' });
    if (init.method === 'PUT') command.status = 2;
    return Response.json({ errno: 0, error: 'succ', data: { send_status: command.status } });
  };
}

export const onenetPush = (message: object, secrets: PushSecrets): string =>
  buildOneNetPush(JSON.stringify(message), 'a1B2c3D4', secrets);

export const onenetData = (imei: string, at: Date, payload: Uint8Array): object => ({
  type: 1,
  dev_id: 5071,
  imei,
  ds_id: '3200_0_5750',
  at: at.getTime(),
  value: Buffer.from(payload).toString('hex'),
});
