import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { Plan, Product } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { counted } from '../../lib/format';
import { problemText, refusalOf } from '../../lib/words';
import { Badge } from '../../ui/Badge';
import { Blank, Failed, Skeletons } from '../../ui/Blank';
import { Button } from '../../ui/Button';
import { toast } from '../../ui/Toasts';
import { useTitle } from '../../ui/useTitle';
import { undo } from '../../ui/undo';
import { plansQuery, productsQuery, updatePlan, updateProduct } from './api';
import { PlanDialog } from './PlanDialog';
import { ProductDialog } from './ProductDialog';
import { plansOf, termsText, traitsOf, UNIT } from './words';

type Open = { product?: Product | 'new'; planOf?: Product; plan?: Plan };

/** What can be sold, and under which terms. The provider edits it, its partners read it. */
export function ProductsPage() {
  useTitle('Products');
  const products = useQuery(productsQuery());
  const plans = useQuery(plansQuery());
  const mayAdd = useMay('product_create');
  const [open, setOpen] = useState<Open>({});
  const close = () => setOpen({});
  const failed = products.error ?? plans.error;
  return (
    <div className="list-page">
      <header className="page-head">
        <div className="page-title">
          <h1>Products</h1>
          {products.data && (
            <p className="quiet" role="status">
              {counted(products.data.length, 'product')}
            </p>
          )}
        </div>
        {mayAdd && (
          <div className="page-actions">
            <Button kind="primary" onPress={() => setOpen({ product: 'new' })}>
              <Plus className="icon-s" aria-hidden />
              Add product
            </Button>
          </div>
        )}
      </header>
      {failed && !(products.data && plans.data) && (
        <Failed what="The products" error={failed} onRetry={() => void products.refetch()} />
      )}
      {(products.isPending || plans.isPending) && <Skeletons lines={6} />}
      {products.data?.length === 0 && (
        <Blank title="No products yet">
          <p>What is sold here is added by the provider.</p>
        </Blank>
      )}
      <div className="cards cards-page">
        {products.data &&
          plans.data &&
          products.data
            .toSorted((a, b) => Number(Boolean(a.retired_at)) - Number(Boolean(b.retired_at)))
            .map((product) => (
              <ProductCard
                key={product.id}
                product={product}
                plans={plansOf(plans.data, product.id)}
                onOpen={setOpen}
              />
            ))}
      </div>
      {open.product && <ProductDialog product={open.product === 'new' ? undefined : open.product} onClose={close} />}
      {open.planOf && <PlanDialog product={open.planOf} onClose={close} />}
      {open.plan && <PlanDialog plan={open.plan} onClose={close} />}
    </div>
  );
}

type ProductCardProps = { product: Product; plans: Plan[]; onOpen: (open: Open) => void };

function ProductCard({ product, plans, onOpen }: ProductCardProps) {
  const mayEdit = refusalOf(product, 'edit') === undefined;
  const retire = useRetire();
  return (
    <section className="card" aria-label={product.name}>
      <header className="card-head">
        <h2>
          {product.name} {product.retired_at && <Badge>Retired</Badge>}
        </h2>
        {mayEdit && (
          <span className="card-links">
            <Button size="s" kind="quiet" onPress={() => onOpen({ product })}>
              Edit
            </Button>
            <Button
              size="s"
              kind="quiet"
              onPress={() => void retire(product, (row, retired) => updateProduct(row, { retired }))}
            >
              {product.retired_at ? 'Sell again' : 'Retire'}
            </Button>
          </span>
        )}
      </header>
      <p className="quiet">{[`Per ${UNIT[product.unit]}`, ...traitsOf(product)].join(' · ')}</p>
      <ul className="few" aria-label={`Plans of ${product.name}`}>
        {plans.map((plan) => (
          <li key={plan.id}>
            <span className="few-name">
              {plan.name} {plan.edition === 'trial' && <Badge>Trial</Badge>} {plan.retired_at && <Badge>Retired</Badge>}
              <br />
              <span className="quiet">{termsText(plan.terms)}</span>
            </span>
            {mayEdit && (
              <span className="card-links">
                <Button size="s" kind="quiet" aria-label={`Edit ${plan.name}`} onPress={() => onOpen({ plan })}>
                  Edit
                </Button>
                <Button
                  size="s"
                  kind="quiet"
                  aria-label={`${plan.retired_at ? 'Sell again' : 'Retire'} ${plan.name}`}
                  onPress={() => void retire(plan, (row, retired) => updatePlan(row, { retired }))}
                >
                  {plan.retired_at ? 'Sell again' : 'Retire'}
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {plans.length === 0 && <p className="quiet">No plan yet: it is not sold.</p>}
      {mayEdit && !product.retired_at && (
        <Button size="s" onPress={() => onOpen({ planOf: product })}>
          Add plan
        </Button>
      )}
    </section>
  );
}

type Retirable = { name: string; retired_at?: string | null };

/** Takes something off the shelf, or puts it back. */
function useRetire() {
  const client = useQueryClient();
  const renew = () =>
    client.invalidateQueries({ predicate: ({ queryKey: [noun] }) => noun === 'products' || noun === 'plans' });
  return async <T extends Retirable>(row: T, update: (row: T, retired: boolean) => Promise<T>) => {
    const { name, retired_at } = row;
    try {
      const after = await update(row, !retired_at);
      toast(
        retired_at ? `${name} is sold again` : `${name} retired. What was sold goes on.`,
        undo({
          name,
          restore: () => update(after, Boolean(retired_at)),
          said: retired_at ? `${name} is retired again` : `${name} is sold as before`,
          renew,
        }),
      );
    } catch (error) {
      toast(problemText(error));
    }
    await renew();
  };
}
