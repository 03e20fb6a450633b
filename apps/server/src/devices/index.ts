export { listExceptions, listUnclaimed } from './lists.ts';
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
