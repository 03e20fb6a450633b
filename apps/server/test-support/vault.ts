import { randomBytes } from 'node:crypto';
import { newVault } from '../src/platform/vault.ts';

/** Of every database of a test run. */
export const testVault = newVault({ key: randomBytes(32), since: new Date(0) });
