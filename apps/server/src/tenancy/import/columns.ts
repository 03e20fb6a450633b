import type { SheetForm, SheetLanguage } from '../../platform/sheet/form.ts';

/** Every column of the sheet, by its stable name. */
const COLUMNS = [
  'number',
  'customer',
  'phone',
  'stalls',
  'mode',
  'credit',
  'deposit',
  'electricityPlan',
  'waterPlan',
  'electricityReading',
  'waterReading',
] as const;
export type Column = (typeof COLUMNS)[number];
type Words = SheetForm<Column, string>['words'][SheetLanguage];

const en: Words = {
  number: { heading: 'Account no.', note: 'Each once in the market, e.g. 2026-0001.' },
  customer: { heading: 'Customer', note: 'The name of the tenant or the company.' },
  phone: { heading: 'Phone', note: 'May be empty.' },
  stalls: {
    heading: 'Stalls',
    note: 'Codes of vacant stalls, several with a comma between, e.g. A-001, A-002. May be empty.',
  },
  mode: { heading: 'Mode', note: 'prepaid or postpaid. Empty is prepaid.' },
  credit: { heading: 'Credit yuan', note: 'How far below zero the account may go, e.g. 200. Empty is none.' },
  deposit: { heading: 'Deposit yuan', note: 'What is agreed; the counter takes it. Empty is what the market asks.' },
  electricityPlan: { heading: 'Electricity plan', note: 'Its name. Empty is the market’s default.' },
  waterPlan: { heading: 'Water plan', note: 'Its name. Empty is the market’s default.' },
  electricityReading: {
    heading: 'Electricity reading',
    note: 'kWh as the register shows, where the stalls have one electricity meter. Empty is its last good reading of the last 36 hours.',
  },
  waterReading: {
    heading: 'Water reading',
    note: 'm³ as the register shows, where the stalls have one water meter. Empty is its last good reading of the last 36 hours.',
  },
};

const zh: Words = {
  number: { heading: '户号', note: '在本项目内不能重复,例如 2026-0001。' },
  customer: { heading: '商户名称', note: '商户姓名或公司名称。' },
  phone: { heading: '电话', note: '可空。' },
  stalls: { heading: '档位', note: '空档位的档位号,多个用逗号隔开,例如 A-001, A-002。可空。' },
  mode: { heading: '付费方式', note: '预付费或后付费。空着即为预付费。' },
  credit: { heading: '赊欠额度', note: '单位元,例如 200。空着即没有。' },
  deposit: { heading: '押金', note: '单位元,约定的金额,由收费台收取。空着按市场规定。' },
  electricityPlan: { heading: '电价方案', note: '方案名称。空着用市场默认方案。' },
  waterPlan: { heading: '水价方案', note: '方案名称。空着用市场默认方案。' },
  electricityReading: {
    heading: '电表示数',
    note: '单位 kWh,名下只有一块电表时填。空着取 36 小时内最近一次有效读数。',
  },
  waterReading: { heading: '水表示数', note: '单位 m³,名下只有一块水表时填。空着取 36 小时内最近一次有效读数。' },
};

const example = (customer: string, mode: string): Record<Column, string> => ({
  number: 'EXAMPLE-0001',
  customer,
  phone: '13800000000',
  stalls: 'A-001, A-002',
  mode,
  credit: '',
  deposit: '500',
  electricityPlan: '',
  waterPlan: '',
  electricityReading: '',
  waterReading: '12.345',
});

export const accountSheet: SheetForm<Column, string> = {
  columns: COLUMNS,
  required: ['number', 'customer'],
  words: { zh, en },
  names: {
    zh: { sheet: '开户', notes: '填写说明', file: '批量开户模板.xlsx' },
    en: { sheet: 'Accounts', notes: 'How to fill in', file: 'accounts-template.xlsx' },
  },
  example: { zh: example('示例商户', '预付费'), en: example('Example tenant', 'prepaid') },
  exampleMark: { column: 'number', beginsWith: 'EXAMPLE' },
  cellMissing: 'tenancy.cell_missing',
  cellNotUnderstood: 'tenancy.cell_not_understood',
  chinese: {
    'tenancy.cell_missing': '必填',
    'tenancy.cell_not_understood': '内容看不懂,请对照填写说明',
    'tenancy.twice_in_file': '与本文件中另一行重复',
    'tenancy.no_such_stall': '本项目没有这个档位',
    'tenancy.stall_occupied': '档位已有账户,请改用转户',
    'tenancy.not_one_meter': '这些档位的此类表不是恰好一块,请空着,或单独开户',
    'tenancy.terms_need_manager': '赊欠、押金、后付费和价格方案只能由经理给',
    'tenancy.meter_on_hold': '有表的读数挂起待查,请先处理',
    'tenancy.reading_too_old': '最近读数太旧,请抄表并填示数',
    'tenancy.too_soon': '档位此刻刚刚易手,请稍后再试',
    'readings.would_decrease': '示数小于上次读数',
    'readings.confirm_jump': '用量超过额定功率,请单独开户并确认',
    'readings.beyond_register': '超过表的量程',
    'accounts.number_taken': '户号已有,但内容不同',
    'accounts.no_such_plan': '本项目没有这个价格方案',
    'accounts.postpaid_not_allowed': '本项目不允许后付费',
  },
};
