import type { NewAccount } from '@openprepay/contract';
import { newRequestId } from '../request-id.ts';
import { readYuan } from './yuan.ts';

export interface AccountForm {
  /** One form is one account, however often it is sent. */
  readonly accountId: string;
  number: string;
  customerName: string;
  phone: string;
  mode: 'prepaid' | 'postpaid';
  /** Yuan as typed; nothing typed: none. */
  creditLimit: string;
  /** Nothing typed: what the market asks. */
  deposit: string;
  /** Empty: the market's default. */
  plans: { electricity: string; water: string };
}

export const emptyAccount = (): AccountForm => ({
  accountId: newRequestId(),
  number: '',
  customerName: '',
  phone: '',
  mode: 'prepaid',
  creditLimit: '',
  deposit: '',
  plans: { electricity: '', water: '' },
});

export const isFilled = ({ number, customerName, creditLimit, deposit }: AccountForm): boolean =>
  number.trim() !== '' &&
  customerName.trim() !== '' &&
  readYuan(creditLimit) !== undefined &&
  readYuan(deposit) !== undefined;

/** Terms that nobody typed are not sent: whoever may not grant them opens accounts all the same. */
export function accountOf(form: AccountForm, stallIds: readonly string[]): NewAccount {
  const { mode, plans } = form;
  const creditLimitFen = readYuan(form.creditLimit);
  const depositFen = readYuan(form.deposit);
  return {
    accountId: form.accountId,
    number: form.number.trim(),
    customerName: form.customerName.trim(),
    ...(form.phone.trim() && { phone: form.phone.trim() }),
    ...(mode === 'postpaid' && { mode }),
    ...(creditLimitFen && { creditLimitFen }),
    ...(typeof depositFen === 'number' && { depositFen }),
    ...(plans.electricity && { electricityPlanId: plans.electricity }),
    ...(plans.water && { waterPlanId: plans.water }),
    stallIds: [...stallIds],
  };
}
