import { expect, test } from 'vitest';
import type { Customer, Mode } from '../../api/schema';
import { byCause, inLanes, planOf, knownAtOnce, runAll, type BulkAction, type Outcome, type Preview } from './bulk';

function customer(path: string, rest: Partial<Customer> = {}): Customer {
  const well = { account_state: 'active', effective_state: { state: 'active' }, actions: [] };
  return { id: path, path, level: 'end_customer', ...well, ...rest } as unknown as Customer;
}

function suspended(mode: Mode): Customer {
  return customer('a/', {
    account_state: 'suspended',
    suspension: { mode, since: '2026-01-01T00:00:00Z' },
    actions: [{ name: 'change_suspension', allowed: true }],
  });
}

function known(rest: Partial<Customer>, action: BulkAction) {
  return knownAtOnce(customer('a/', rest), action, 'full_stop');
}

function changes(path: string, devices: number): Preview {
  return {
    customer: customer(path),
    kind: 'changes',
    consequences: { customers: 1, devices, devices_with_recent_backup: devices - 1 },
  };
}

test('what lies below another customer of the selection is counted once', () => {
  const plan = planOf([changes('p/a/', 10), changes('p/a/b/', 4), changes('p/c/', 1), changes('p/ab/', 2)]);
  expect(plan.changing).toHaveLength(4);
  expect(plan.consequences).toEqual({ customers: 3, devices: 13, devices_with_recent_backup: 10 });
});

test('those that would not change and those that are refused are named apart', () => {
  const plan = planOf([
    { customer: customer('a/'), kind: 'unchanged' },
    { customer: customer('b/'), kind: 'refused', reason: 'Not yours.' },
  ]);
  expect(plan.changing).toHaveLength(0);
  expect(plan.unchanged).toHaveLength(1);
  expect(plan.refused[0]?.reason).toBe('Not yours.');
  expect(plan.consequences.devices).toBe(0);
});

test('a row says by itself what is refused, and what is so already', () => {
  const allowed = { name: 'suspend', allowed: true };
  const refused = { name: 'suspend', allowed: false, reason: 'Your role does not allow this.' };
  expect(known({ actions: [refused] }, 'suspend')).toMatchObject({ reason: refused.reason });
  expect(known({ actions: [allowed] }, 'suspend')).toBeUndefined();
  expect(known({ actions: [allowed] }, 'activate')).toMatchObject({ kind: 'unchanged' });
});

test('a suspension in the other mode is changed, one in the same mode is left as it is', () => {
  expect(knownAtOnce(suspended('stop_backups'), 'suspend', 'full_stop')).toBeUndefined();
  expect(knownAtOnce(suspended('full_stop'), 'suspend', 'stop_backups')).toBeUndefined();
  expect(knownAtOnce(suspended('full_stop'), 'suspend', 'full_stop')).toMatchObject({ kind: 'unchanged' });
});

test('what is suspended by somebody above is not active already', () => {
  const by = (cause_name?: string) => customer('a/', { effective_state: { state: 'suspended', cause_name } });
  expect(knownAtOnce(by('Above Ltd'), 'activate', 'full_stop')).toMatchObject({ kind: 'held' });
  expect(knownAtOnce(customer('a/'), 'activate', 'full_stop')).toMatchObject({ kind: 'unchanged' });
  const plan = planOf([{ customer: by('Above Ltd'), kind: 'held' }]);
  expect([plan.held.length, plan.unchanged.length, plan.changing.length]).toEqual([1, 0, 0]);
  expect([...byCause([by('Above Ltd'), by('Above Ltd'), by()])]).toEqual([
    ['Above Ltd', 2],
    [undefined, 1],
  ]);
});

test('the provider is never suspended, whatever is asked', () => {
  expect(knownAtOnce(customer('p/', { level: 'provider' }), 'suspend', 'full_stop')).toMatchObject({ kind: 'refused' });
});

test('one failure stops no other', async () => {
  const outcomes: Outcome[] = [];
  const all = ['a/', 'b/', 'c/'].map((path) => customer(path));
  await runAll(
    all,
    async ({ id }) => {
      if (id === 'b/') throw new Error('broken');
    },
    (outcome) => outcomes.push(outcome),
  );
  expect(outcomes.map(({ problem }) => problem === undefined)).toEqual([true, false, true]);
});

test('no more than four run at once, and each runs once', async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await inLanes([...Array.from({ length: 30 }).keys()], async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve));
    seen.push(item);
    running -= 1;
  });
  expect(most).toBe(4);
  expect(new Set(seen).size).toBe(30);
});
