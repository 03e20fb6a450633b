import { createHash } from 'node:crypto';
import { equalSecrets } from '../secure.ts';

/** What a gateway answers to the server's sequence: MD5 over secret and sequence, 32 hexadecimal digits. */
export const md5Answer = (secret: string, sequence: string): string =>
  createHash('md5')
    .update(secret + sequence)
    .digest('hex');

/** Whether the answer is the one that `md5Answer` makes, in upper or lower case; compared in constant time. */
export const isMd5Answer = (secret: string, sequence: string, answer: string): boolean =>
  equalSecrets(md5Answer(secret, sequence), answer.toLowerCase());
