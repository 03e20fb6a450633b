import type { SheetForm, SheetLanguage } from '../../platform/sheet/form.ts';
import type { devicesError } from '../errors.ts';

/** Every column of the sheet, by its stable name. */
export const COLUMNS = [
  'serial',
  'kind',
  'model',
  'ctRatio',
  'link',
  'linkKey',
  'busAddress',
  'stall',
  'start',
  'password',
  'operator',
] as const;
export type Column = (typeof COLUMNS)[number];

type Words = SheetForm<Column, MeterErrorCode>['words'][SheetLanguage];
export type MeterErrorCode = Parameters<typeof devicesError>[0];

const en: Words = {
  serial: { heading: 'Serial', note: 'As printed on the meter. Format the column as text, so that no digit is lost.' },
  kind: { heading: 'Kind', note: 'electricity or water.' },
  model: { heading: 'Model', note: 'One of the models of the catalogue, e.g. DDSY1352-NK.' },
  ctRatio: { heading: 'CT ratio', note: 'Whole number, e.g. 40 for 200/5 A. Empty is 1.' },
  link: {
    heading: 'Link',
    note: 'acrel4g (a modem of its own), acrelgw, dtu, mqtt, modbus_tcp (behind a gateway) or nb (IoT platform).',
  },
  linkKey: {
    heading: 'Gateway or module',
    note: 'Serial of the 4G module; key of the gateway, which must be in the register; product/device on a platform.',
  },
  busAddress: {
    heading: 'Address',
    note: 'Of the meter on its bus; with the port before it where a gateway has several, e.g. 2/17.',
  },
  stall: { heading: 'Stall', note: 'Code of the stall it is bound to from now on. May be empty.' },
  start: {
    heading: 'Start reading',
    note: 'What it shows now, in kWh or m³, before CT. Only with a stall. May be empty.',
  },
  password: { heading: 'Password', note: 'Of a DL/T 645 meter, for writing to it. Never shown again. May be empty.' },
  operator: { heading: 'Operator code', note: 'Of a DL/T 645 meter, for writing to it. May be empty.' },
};

const zh: Words = {
  serial: { heading: '表号', note: '表上印的编号。请把本列设为文本格式,以免丢失数字。' },
  kind: { heading: '类型', note: '电 或 水。' },
  model: { heading: '型号', note: '型号库中的型号,例如 DDSY1352-NK。' },
  ctRatio: { heading: '变比', note: '整数,例如 200/5 A 填 40。空着即为 1。' },
  link: { heading: '通信方式', note: 'acrel4g(表自带 4G)、acrelgw、dtu、mqtt、modbus_tcp(网关下)或 nb(物联网平台)。' },
  linkKey: { heading: '网关或模块', note: '4G 模块的编号;网关的编号(须先登记网关);平台上的 产品/设备。' },
  busAddress: { heading: '地址', note: '表在总线上的地址;网关有多个端口时前面写端口,例如 2/17。' },
  stall: { heading: '档位', note: '从现在起绑定的档位号。可空。' },
  start: { heading: '起始示数', note: '现在的示数,单位 kWh 或 m³,不乘变比。填了档位才能填。可空。' },
  password: { heading: '密码', note: 'DL/T 645 表的写入密码。之后不再显示。可空。' },
  operator: { heading: '操作员代码', note: 'DL/T 645 表的写入操作员代码。可空。' },
};

const EXAMPLE_SERIAL = 'EXAMPLE';

export const meterSheet: SheetForm<Column, MeterErrorCode> = {
  columns: COLUMNS,
  required: ['serial', 'kind', 'model', 'link', 'linkKey', 'busAddress'],
  words: { zh, en },
  names: {
    zh: { sheet: '仪表', notes: '填写说明', file: '仪表导入模板.xlsx' },
    en: { sheet: 'Meters', notes: 'How to fill in', file: 'meters-template.xlsx' },
  },
  example: { zh: example('电'), en: example('electricity') },
  exampleMark: { column: 'serial', beginsWith: EXAMPLE_SERIAL },
  cellMissing: 'devices.cell_missing',
  cellNotUnderstood: 'devices.cell_not_understood',
  chinese: {
    'devices.cell_missing': '必填',
    'devices.cell_not_understood': '内容看不懂,请对照填写说明(长数字请设为文本)',
    'devices.twice_in_file': '与本文件中另一行重复',
    'devices.unknown_model': '型号库中没有这个型号',
    'devices.wrong_kind': '型号与类型不符',
    'devices.no_ct_for_water': '水表没有互感器,变比只能是 1',
    'devices.bad_address': '地址不合规定',
    'devices.bad_access': '该型号不需要这一项',
    'devices.serial_in_use': '该表号已登记,但此项不同',
    'devices.address_in_use': '该地址已被另一只表占用',
    'devices.unknown_gateway': '本项目没有登记这个网关',
    'devices.unknown_product': '本项目没有登记这个平台产品',
    'devices.no_such_stall': '本项目没有这个档位',
    'devices.start_without_stall': '填了档位才能填起始示数',
  },
};

function example(kind: string): Record<Column, string> {
  return {
    serial: `${EXAMPLE_SERIAL}-2603010001`,
    kind,
    model: 'DDSY1352-NK',
    ctRatio: '1',
    link: 'acrel4g',
    linkKey: '2603010001',
    busAddress: '1',
    stall: 'A-001',
    start: '0.00',
    password: '',
    operator: '',
  };
}
