import { expect, test, vi } from 'vitest';
import { testClock, testContext } from '../../test-support/database.ts';
import { minute, seedMarket } from '../../test-support/market.ts';
import { startContacts } from './contacts.ts';

const ctx = await testContext(testClock(minute(0)));

test('what one meter says of itself and cannot be stored keeps nobody else’s contact', async () => {
  const [bad, good] = [await seedMarket(ctx.db), await seedMarket(ctx.db)];
  const contacts = startContacts(ctx);
  const note = ({ marketId, meters }: typeof bad, said: { readonly iccid?: string; readonly rssi?: number }) =>
    contacts.note({ marketId, meterId: meters[0]?.meterId ?? '', at: minute(0), online: true, ...said });
  note(bad, { iccid: 'a\0b' });
  note(good, { rssi: 20 });
  const rssi = () =>
    ctx.db.query('select rssi, online from meter_state where market_id = $1 and rssi is not null', [good.marketId]);
  await vi.waitFor(async () => expect(await rssi()).toEqual([{ rssi: 20, online: true }]));
  await contacts.stop();
});
