import { expect, test } from 'vitest';
import { EVERYTHING, NOTHING, toggled } from '../../ui/grid/selection';
import { sentSelection } from './selection';

test('some are sent by their ids, whatever the list is narrowed to', () => {
  expect(sentSelection(toggled(NOTHING, 'cus_a'), { q: 'bakery' })).toEqual({ ids: ['cus_a'] });
});

test('a whole list is sent as it is narrowed, and what narrows nothing is not', () => {
  const filter = { under: 'cus_r', q: undefined, level: 'end_customer' as const };
  expect(sentSelection(toggled(EVERYTHING, 'cus_a'), filter)).toEqual({
    under: 'cus_r',
    level: 'end_customer',
    except: ['cus_a'],
  });
  expect(sentSelection(EVERYTHING, {})).toEqual({ except: [] });
});
