export { listExceptions, listUnclaimed } from './lists.ts';
export {
  allOffline,
  devicesOf,
  findDevices,
  listMarketIds,
  noteUnclaimed,
  openExceptions,
  saveContacts,
  sleepersOffline,
  wakeTimes,
} from './store.ts';
export type { Contact, Device, ExceptionKind, Link, NewException } from './types.ts';
