export {
  ONENET_NORTHBOUND,
  type OneNetCommand,
  parseOneNetReply,
  RAW_RESOURCE,
  signToken,
  type TokenMethod,
  writeLaterRequest,
} from './northbound.ts';
export {
  answerVerification,
  buildOneNetPush,
  type OneNetPush,
  type OneNetValue,
  oneNetDedupeKey,
  type PushSecrets,
  parseMessage,
  parseOneNetPush,
  signatureOf,
} from './push.ts';
