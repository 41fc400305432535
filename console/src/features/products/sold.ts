/** What can be granted. Pure. */

import type { Plan, Product } from '../../api/schema';

/** Plans that are sold; what is billed by use needs no licence. */
export function soldPlans(plans: readonly Plan[], products: readonly Product[]): Plan[] {
  const billedByUse = new Set(products.filter(({ usage_billed }) => usage_billed).map(({ id }) => id));
  return plans.filter(({ retired_at, product_id }) => !retired_at && !billedByUse.has(product_id));
}
