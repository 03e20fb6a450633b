import { text } from '../locales/index.ts';
import { send } from '../session.ts';

/**
 * Opens a prepared account with one click: its meters count by their last good readings. Where that cannot be, the person
 * types them: the dialog is for that.
 * @throws what the server refuses
 */
export const openNow = (marketId: string, accountId: string) =>
  send('openPrepared', { params: { marketId, accountId }, body: { note: text('accounts.openNowNote') } });
