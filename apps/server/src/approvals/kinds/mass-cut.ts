import { executeMassCut, prepareMassCut } from '../../control/index.ts';
import type { ActOf, Kind } from '../types.ts';

/** Many meters switched off at once. What exactly was stored with the preview, under the approval's own id. */
export const massCutKind: Kind<ActOf<'mass_cut'>> = {
  requesters: ['admin', 'manager'],
  deciders: ['admin', 'manager'],
  async prepare(tx, { marketId, approvalId, act, at }) {
    const facts = await prepareMassCut(tx, at, marketId, approvalId, act.confirmation);
    return { subject: `mass:${approvalId}`, facts };
  },
  execute: (tx, { marketId, approvalId, requestedBy, at }) => executeMassCut(tx, at, marketId, approvalId, requestedBy),
};
