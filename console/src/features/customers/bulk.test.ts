import { expect, test } from 'vitest';
import { offersFor } from './bulk';

const names = (...operations: string[]) => offersFor({ operations }).map(({ name }) => name);

test('what the role allows to one is offered to many', () => {
  expect(names('bulk_run', 'customer_suspend', 'customer_activate', 'customer_delete')).toEqual([
    'suspend',
    'activate',
    'delete',
  ]);
  expect(names('bulk_run', 'site_create', 'customer_update')).toEqual(['set_country', 'add_site']);
});

test('who may not begin tasks is offered nothing', () => {
  expect(names('customer_suspend', 'customer_delete')).toEqual([]);
});
