import type { SheetForm, SheetLanguage } from '../../platform/sheet/form.ts';
import type { sitesError } from '../errors.ts';

/** Every column of the sheet, by its stable name. */
const COLUMNS = ['code', 'building', 'stallType', 'area', 'protected'] as const;
export type Column = (typeof COLUMNS)[number];
export type StallErrorCode = Parameters<typeof sitesError>[0];
type Words = SheetForm<Column, StallErrorCode>['words'][SheetLanguage];

const en: Words = {
  code: { heading: 'Stall', note: 'Its code, as on the sign, e.g. A-001. Each once in the market.' },
  building: { heading: 'Building', note: 'By its name; it must be there already.' },
  stallType: { heading: 'Type', note: 'What is sold there, e.g. fish, meat, dry goods, cold store.' },
  area: { heading: 'Area m²', note: 'With at most two decimals, e.g. 12.5. May be empty.' },
  protected: { heading: 'Protected', note: 'yes: never cut for its balance. Empty is no.' },
};

const zh: Words = {
  code: { heading: '档位号', note: '与门牌一致,例如 A-001。在本项目内不能重复。' },
  building: { heading: '楼栋', note: '填楼栋名称;须先建好楼栋。' },
  stallType: { heading: '业态', note: '经营类型,例如 水产、肉类、干货、冷库。' },
  area: { heading: '面积', note: '单位 m²,最多两位小数,例如 12.5。可空。' },
  protected: { heading: '免断', note: '填“是”则不因欠费断供。空着即为否。' },
};

const example = (building: string, stallType: string, isProtected: string): Record<Column, string> => ({
  code: 'EXAMPLE-001',
  building,
  stallType,
  area: '12.5',
  protected: isProtected,
});

export const stallSheet: SheetForm<Column, StallErrorCode> = {
  columns: COLUMNS,
  required: ['code', 'building', 'stallType'],
  words: { zh, en },
  names: {
    zh: { sheet: '档位', notes: '填写说明', file: '档位导入模板.xlsx' },
    en: { sheet: 'Stalls', notes: 'How to fill in', file: 'stalls-template.xlsx' },
  },
  example: { zh: example('一号厅', '水产', '否'), en: example('Hall 1', 'fish', 'no') },
  exampleMark: { column: 'code', beginsWith: 'EXAMPLE' },
  cellMissing: 'sites.cell_missing',
  cellNotUnderstood: 'sites.cell_not_understood',
  chinese: {
    'sites.cell_missing': '必填',
    'sites.cell_not_understood': '内容看不懂,请对照填写说明',
    'sites.twice_in_file': '与本文件中另一行重复',
    'sites.code_taken': '该档位已登记,但此项不同',
    'sites.no_such_building': '本项目没有这个楼栋',
  },
};
