import { STATUS, type Status } from '../command-cache.ts';
import type { NbDevice, NbDialect } from './dialect.ts';

const RESULT_CODES: Readonly<Partial<Record<Status, string>>> = {
  [STATUS.sent]: 'SENT',
  [STATUS.delivered]: 'DELIVERED',
  [STATUS.completed]: 'COMPLETED',
  [STATUS.failed]: 'TTL_TIMEOUT',
};

const push = ({ product, deviceId }: NbDevice, timestamp: number, content: object): object => ({
  timestamp,
  tenantId: '10461180',
  productId: product.productId,
  deviceId,
  protocol: 'lwm2m',
  ...content,
});

/** CTWing (AEP): one message a push, unsigned. */
export const ctwingDialect: NbDialect = {
  path: '/push/ctwing',
  online: (device, online, atMs) =>
    push(device, atMs, { messageType: 'deviceOnlineOfflineReport', eventType: online ? 1 : 0, iccid: 'undefined' }),
  report: (device, payload, atMs) =>
    push(device, atMs, {
      messageType: 'dataReport',
      topic: 'v1/up/ad',
      upPacketSN: -1,
      upDataSN: -1,
      serviceId: '',
      deviceType: '',
      assocAssetId: '',
      IMSI: 'undefined',
      IMEI: device.imei,
      payload: { APPdata: Buffer.from(payload).toString('base64') },
    }),
  progress(device, commandId, status, atMs) {
    const resultCode = RESULT_CODES[status];
    if (resultCode === undefined) return null;
    const result = { resultCode, resultDetail: '' };
    return push(device, atMs, { messageType: 'commandResponse', taskId: commandId, result });
  },
};
