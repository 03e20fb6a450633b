export { enqueueSwitch, recentCommands } from './orders.ts';
export type { CommandRow, CommandState, OpenCommand, SwitchOrder, Wanted, WireFrame } from './types.ts';
