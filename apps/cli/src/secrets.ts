import { randomBytes } from 'node:crypto';

/** The keys of a simulated IoT platform, different for every market made. */
export function newPlatformSecrets() {
  const secret = () => randomBytes(16).toString('hex');
  return { appKey: secret(), appSecret: secret(), masterKey: secret(), pushToken: secret() };
}
