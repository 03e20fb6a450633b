import { type Language, WORDS } from './columns.ts';
import type { RowError } from './rows.ts';

/** What is wrong, for who fills in the sheet; English says more, in the words of the place that found it. */
const IN_CHINESE: Readonly<Record<string, string>> = {
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
};

/** One error as a line of the error column. */
export function inWords({ column, code, message }: RowError, language: Language): string {
  const said = language === 'zh' ? (IN_CHINESE[code] ?? message) : message;
  return column === null ? said : `${WORDS[language][column].heading}: ${said}`;
}
