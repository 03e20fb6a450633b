export { closeBinding, mustBeFreeAt, mustNotBeAhead, openBindings } from './bindings.ts';
export { mustBePossible } from './catalogue.ts';
export { mustBePossibleWherever } from './gateway-settings.ts';
export { saveGateways } from './gateways.ts';
export { type Act, enterNew } from './meters.ts';
export { saveNbProducts } from './nb-products.ts';
export { mustBeOpen } from './places.ts';
export {
  enterMeters,
  leaveAddress,
  lockRegister,
  type RegisteredMeter,
  requireMeter,
  tellOfMeters,
} from './register.ts';
export {
  type NbSecrets,
  openGatewaySecret,
  openNbSecrets,
  pushTokenMark,
} from './secrets.ts';
export { takeStart } from './start-reading.ts';
export {
  allOffline,
  devicesOf,
  findDevices,
  listMarketIds,
  noteUnclaimed,
  saveContacts,
  sleepersOffline,
  wakeTimes,
} from './store.ts';
export { type Contact, type Device, GATEWAY_LINKS, type GatewayLink, LINKS, type Link } from './types.ts';
