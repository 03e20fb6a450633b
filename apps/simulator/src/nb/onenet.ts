import { createHash } from 'node:crypto';
import { STATUS } from '../command-cache.ts';
import { drawHex } from '../random.ts';
import type { NbDevice, NbDialect } from './dialect.ts';

const TYPE = { data: 1, online: 2, commandResponse: 7 } as const;
/** Object, instance and resource that meter modules use for raw bytes. */
const RAW_STREAM = '3200_0_5750';
const NONCE_CHARACTERS = 8;

/**
 * `{ msg, nonce, signature }`, signed with the product's token: base64(MD5(token, nonce, msg)). Written apart from
 * @openprepay/protocols, so that each checks the other.
 */
function push({ product, deviceId, imei }: NbDevice, at: number, content: { type: number }): object {
  const msg = JSON.stringify({ dev_id: deviceId, imei, at, ...content });
  const nonce = drawHex(NONCE_CHARACTERS, deviceId, at, msg);
  const signature = createHash('md5').update(`${product.pushToken}${nonce}${msg}`).digest('base64');
  return { msg, nonce, signature };
}

/** OneNET's NB-IoT suite, in the clear. It tells of a command only how it ended. */
export const onenetDialect: NbDialect = {
  path: '/push/onenet',
  online: (device, online, atMs) =>
    push(device, atMs, { type: TYPE.online, ...{ status: online ? 1 : 0, login_type: 10 } }),
  report: (device, payload, atMs) =>
    push(device, atMs, { type: TYPE.data, ...{ ds_id: RAW_STREAM, value: Buffer.from(payload).toString('hex') } }),
  progress(device, commandId, status, atMs) {
    if (status !== STATUS.delivered && status !== STATUS.failed) return null;
    const answer = { cmd_id: String(commandId), confirm_status: status === STATUS.delivered ? 0 : 1 };
    return push(device, atMs, { type: TYPE.commandResponse, ...answer });
  },
};
