import { CallError } from '@openprepay/contract/client';

/** An account of a list that was refused: its row says why, where the list as a whole is answered. */
export class OpeningRefused extends CallError {
  constructor({ code, detail }: { readonly code: string; readonly detail: string }) {
    super({ type: 'about:blank', title: detail, status: 422, code, detail });
  }
}
