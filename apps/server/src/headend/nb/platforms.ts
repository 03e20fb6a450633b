import { createCtwingClient } from './ctwing/client.ts';
import { ctwingMessages } from './ctwing/messages.ts';
import { createOnenetClient } from './onenet/client.ts';
import { onenetMessages } from './onenet/messages.ts';
import type { Platform } from './platform.ts';
import type { PlatformName } from './products.ts';

const PLATFORMS: Readonly<Record<PlatformName, Platform>> = {
  ctwing: { messagesOf: ctwingMessages, createClient: createCtwingClient },
  onenet: { messagesOf: onenetMessages, createClient: createOnenetClient },
};

export const platformOf = (name: PlatformName): Platform => PLATFORMS[name];
