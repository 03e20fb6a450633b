export {
  COMMAND_STATUS,
  type CommandReply,
  type CommandStatus,
  type CommandToCreate,
  commandStatusOf,
  createCommandBody,
  createServiceCommandBody,
  NORTHBOUND,
  parseCommandReply,
  type ServiceCommandToCreate,
} from './command.ts';
export { type CtwingPush, dedupeKey, parsePush } from './push.ts';
export { type Signing, sign, verify } from './sign.ts';
