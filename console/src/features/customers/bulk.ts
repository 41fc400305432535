/** Actions on many customers: what they would do in sum, and how they are done one after another. Pure but for `run`. */

import type { Consequences, Customer, Mode } from '../../api/schema';
import { problemText, refusalOf } from '../../lib/words';

export type BulkAction = 'suspend' | 'activate';

/** What would happen to one customer. */
export type Preview =
  | { customer: Customer; kind: 'changes'; consequences: Consequences }
  | { customer: Customer; kind: 'unchanged' }
  /** It is active itself, and suspended all the same: by what stands above it. */
  | { customer: Customer; kind: 'held' }
  | { customer: Customer; kind: 'refused'; reason: string };

export type Plan = {
  changing: Customer[];
  unchanged: Customer[];
  held: Customer[];
  refused: { customer: Customer; reason: string }[];
  /** Without what would be counted twice: what lies below another customer of the selection. */
  consequences: Consequences;
};

export function planOf(previews: Preview[]): Plan {
  const changing = previews.filter((preview) => preview.kind === 'changes');
  const paths = changing.map((preview) => preview.customer.path);
  const topmost = changing.filter(({ customer }) => !paths.some((path) => isAbove(path, customer.path)));
  return {
    changing: changing.map((preview) => preview.customer),
    unchanged: previews.filter((preview) => preview.kind === 'unchanged').map((preview) => preview.customer),
    held: previews.filter((preview) => preview.kind === 'held').map((preview) => preview.customer),
    refused: previews.filter((preview) => preview.kind === 'refused'),
    consequences: {
      customers: sum(topmost.map(({ consequences }) => consequences.customers)),
      devices: sum(topmost.map(({ consequences }) => consequences.devices)),
      devices_with_recent_backup: sum(topmost.map(({ consequences }) => consequences.devices_with_recent_backup)),
    },
  };
}

/**
 * What can be told from the row itself, without asking. A suspension in the same mode is left as it is, reason and
 * all; one in the other mode is changed: the later mode holds.
 */
export function knownAtOnce(customer: Customer, action: BulkAction, mode: Mode): Preview | undefined {
  const holds = action === 'suspend' ? customer.suspension?.mode === mode : customer.account_state === 'active';
  if (customer.level !== 'provider' && holds) {
    const isHeld = action === 'activate' && customer.effective_state.state === 'suspended';
    return { customer, kind: isHeld ? 'held' : 'unchanged' };
  }
  const changes = action === 'suspend' && customer.account_state === 'suspended';
  const reason = refusalOf(customer, changes ? 'change_suspension' : action);
  return reason ? { customer, kind: 'refused', reason } : undefined;
}

export type Outcome = { customer: Customer; problem: string | undefined };

/** Does it for one customer after the other, a few at a time; a failure of one stops no other. */
export async function runAll(
  customers: Customer[],
  act: (customer: Customer) => Promise<unknown>,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  await inLanes(customers, async (customer) => {
    try {
      await act(customer);
      onOutcome({ customer, problem: undefined });
    } catch (error) {
      onOutcome({ customer, problem: problemText(error) });
    }
  });
}

const LANES = 4;

/** Runs `work` for each item, at most {@link LANES} at once. */
export async function inLanes<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
}

/** Those that are held, by what holds them: its name, or nothing where it must not be named. */
export function byCause(held: Customer[]): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const { effective_state } of held) {
    const cause = effective_state.cause_name ?? undefined;
    counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return counts;
}

function isAbove(path: string, other: string): boolean {
  return path !== other && other.startsWith(path);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
