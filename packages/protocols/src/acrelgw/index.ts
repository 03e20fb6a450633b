export { isMd5Answer, md5Answer } from './auth.ts';
export { decodeDown, encodeDown } from './down.ts';
export {
  createAcrelGwStream,
  decodeFrame,
  encodeFrame,
  GW_TYPE,
  type GwFrame,
  MAX_DATA_BYTES,
  MAX_STRANGER_DATA_BYTES,
} from './frame.ts';
export { GW_FUNCTIONS, readingOfGwMeter } from './functions.ts';
export type { GwDown, GwFunction, GwIdentity, GwMeter, GwTransparent, GwUp } from './messages.ts';
export { decodeMeterId, encodeMeterId } from './sealed.ts';
export { decodeUp, encodeUp, MAX_XML_BYTES } from './up.ts';
export { parseXml, renderXml, type XmlElement } from './xml.ts';
