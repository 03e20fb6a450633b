import type { Context } from '../platform/context.ts';
import type { Exported } from '../platform/handlers.ts';
import { INSTALLATION, recordAudit } from './audit.ts';

/** Who took which list along as a file: stored before the first byte leaves. */
export const noteExport = ({ db, clock }: Context, { marketId, operatorId, list, asked }: Exported): Promise<void> =>
  recordAudit(db, {
    at: clock.now(),
    marketId: marketId ?? INSTALLATION,
    operatorId,
    action: 'identity.export_list',
    subject: `list:${list}`,
    after: asked,
  });
