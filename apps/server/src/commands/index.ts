export { noteReadBack, setWriteOutcome } from './attempts.ts';
export { confirm, expireDue, fail, requeue } from './finish.ts';
export { enqueueSetting, enqueueSwitch, recentCommands } from './orders.ts';
export { noteCancelled, postpone, readBackAsked, setPlatformRef, supersededOnPlatform } from './platform.ts';
export {
  lastOnDueAt,
  markAcknowledged,
  markSent,
  openCommandOf,
  openCommands,
  openSettings,
  type Sending,
  type Way,
} from './store.ts';
export type {
  AnyOpenCommand,
  CommandKind,
  CommandRow,
  CommandState,
  OpenCommand,
  OpenSetting,
  SettingOrder,
  SettingValue,
  SwitchOrder,
  Wanted,
  WireFrame,
} from './types.ts';
export { lockQueued, type Withdrawn, withdrawCommands, withdrawQueued } from './withdraw.ts';
