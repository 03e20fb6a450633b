export { noteReadBack } from './attempts.ts';
export { confirm, expireDue, fail, requeue } from './finish.ts';
export { enqueueSwitch, recentCommands } from './orders.ts';
export { noteCancelled, postpone, readBackAsked, setPlatformRef, supersededOnPlatform } from './platform.ts';
export { markAcknowledged, markSent, openCommandOf, openCommands, type Sending } from './store.ts';
export type { CommandRow, CommandState, OpenCommand, SwitchOrder, Wanted, WireFrame } from './types.ts';
