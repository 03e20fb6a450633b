import type { NewAccount } from '@openprepay/contract';
import { newRequestId } from '../request-id.ts';

export interface AccountForm {
  /** One form is one account, however often it is sent. */
  readonly accountId: string;
  number: string;
  customerName: string;
  phone: string;
  mode: 'prepaid' | 'postpaid';
}

export const emptyAccount = (): AccountForm => ({
  accountId: newRequestId(),
  number: '',
  customerName: '',
  phone: '',
  mode: 'prepaid',
});

export const isFilled = ({ number, customerName }: AccountForm): boolean =>
  number.trim() !== '' && customerName.trim() !== '';

export const accountOf = (form: AccountForm, stallIds: readonly string[]): NewAccount => ({
  accountId: form.accountId,
  number: form.number.trim(),
  customerName: form.customerName.trim(),
  ...(form.phone.trim() && { phone: form.phone.trim() }),
  mode: form.mode,
  stallIds: [...stallIds],
});
