import { expect, test } from 'vitest';
import type { Column } from '../../ui/grid/Row';
import { fieldsShown } from './columns';
import { requestOf, type Wanted } from './download';
import { countCsv, countLines } from './rows';

const bytes = (text: string) => new TextEncoder().encode(text);

test('rows are counted wherever the pieces end', () => {
  const file = 'id,notes\r\n1,"two\r\nlines and a "" quote"\r\n2,\r\n';
  for (const size of [1, 3, 7, 100]) {
    const count = countCsv();
    let rows = 0;
    for (let at = 0; at < file.length; at += size) rows = count(bytes(file.slice(at, at + size)));
    expect(rows).toBe(2);
  }
  expect(countLines()(bytes('{}\n{}\n'))).toBe(2);
});

const column = (id: string, fields: string[], optional = false): Column<unknown> => ({
  id,
  title: id,
  width: 5,
  fields,
  optional,
  cell: () => null,
});

test('a file has the fields of the columns that are shown, each once', () => {
  const columns = [column('name', ['name']), column('a', ['x', 'y']), column('b', ['y', 'z'], true)];
  expect(fieldsShown(columns, {})).toEqual(['name', 'x', 'y']);
  expect(fieldsShown(columns, { columns: ['b', 'a'] })).toEqual(['name', 'y', 'z', 'x']);
});

const wanted: Wanted = {
  noun: 'customers',
  format: 'csv',
  columns: ['company_name', 'site.name'],
  narrowing: { under: 'cus_1', q: undefined, rows: 'site' },
  sort: '-created_at',
  selection: undefined,
};

test('a whole list is asked for by its address', () => {
  const { url, init } = requestOf(wanted);
  const [path, query] = url.split('?');
  expect(path).toBe('/api/v1/customers/export');
  expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
    format: 'csv',
    bom: 'true',
    sort: '-created_at',
    columns: 'company_name,site.name',
    under: 'cus_1',
    rows: 'site',
  });
  expect(init.method).toBeUndefined();
});

test('what is chosen is one request, however much it is', () => {
  const ids = Array.from({ length: 3000 }, (_, at) => `cus_${at}`);
  const some = requestOf({ ...wanted, selection: { kind: 'some', ids: new Set(ids) } });
  expect(some.url).toBe('/api/v1/customers/export');
  expect(JSON.parse(some.init.body as string)).toEqual({
    selection: { ids },
    format: 'csv',
    bom: true,
    sort: '-created_at',
    // Rows that are named have no sites of their own.
    columns: ['company_name'],
  });
  const rest = requestOf({ ...wanted, format: 'jsonl', selection: { kind: 'all', except: new Set(['cus_7']) } });
  expect(JSON.parse(rest.init.body as string)).toMatchObject({
    selection: { under: 'cus_1', rows: 'site', except: ['cus_7'] },
    bom: false,
    columns: ['company_name', 'site.name'],
  });
});
