import { type Contact, saveContacts } from '../devices/index.ts';
import type { Context } from '../platform/context.ts';
import { isAboutData } from '../platform/group-commit.ts';

/** Gathers what meters say of themselves and writes it a few times a second, merged by meter. */
export interface Contacts {
  note(contact: Contact): void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

const FLUSH_EVERY_MS = 250;

export function startContacts(ctx: Context): Contacts {
  let pending = new Map<string, Contact>();
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let stopped = false;

  const flush = async () => {
    const taken = pending;
    pending = new Map();
    try {
      await saveOrSplit(ctx, [...taken.values()]);
    } catch (error) {
      ctx.log.error({ err: error, contacts: taken.size }, 'contacts could not be stored; they will be tried again');
      for (const [meterId, contact] of taken) pending.set(meterId, { ...contact, ...pending.get(meterId) });
    }
  };

  const schedule = () => {
    if (timer || flushing || stopped) return;
    timer = setTimeout(() => {
      timer = undefined;
      flushing = flush().then(() => {
        flushing = undefined;
        if (pending.size > 0) schedule();
      });
    }, FLUSH_EVERY_MS);
  };

  return {
    note(contact) {
      pending.set(contact.meterId, { ...pending.get(contact.meterId), ...contact });
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await flushing;
      if (pending.size > 0) await flush();
    },
  };
}

/** What is refused for what one meter says of itself is halved until only that is left out. */
async function saveOrSplit(ctx: Context, contacts: readonly Contact[]): Promise<void> {
  try {
    await ctx.db.tx((tx) => saveContacts(tx, contacts));
  } catch (error) {
    if (!isAboutData(error)) throw error;
    const [first] = contacts;
    if (contacts.length <= 1) {
      ctx.log.warn({ err: error, meterId: first?.meterId }, 'what a meter says of itself cannot be stored');
      return;
    }
    const half = contacts.length >> 1;
    await saveOrSplit(ctx, contacts.slice(0, half));
    await saveOrSplit(ctx, contacts.slice(half));
  }
}
