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
export type { Contact, Device, Link } from './types.ts';
