import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Edition, Plan, PlanUpdate, Product } from '../../api/schema';
import { useMe } from '../../app/useMe';
import { explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, ChoiceField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { Notice } from '../../ui/Notice';
import { toast } from '../../ui/Toasts';
import { undoSave } from '../../ui/undo';
import { TemplateField } from '../templates/TemplateField';
import { createPlan, productsQuery, updatePlan } from './api';
import { numberProblem, wholeOf } from './words';

const EDITIONS: { value: Edition; label: string; hint: string }[] = [
  { value: 'full', label: 'Full', hint: '' },
  { value: 'trial', label: 'Trial', hint: 'It ends, and is not renewed by itself.' },
];

type PlanDialogProps = { onClose: () => void } & ({ product: Product; plan?: never } | { plan: Plan; product?: never });

/** Adds a plan for a product, or edits one: other terms hold for what is sold from then on. */
export function PlanDialog({ product, plan, onClose }: PlanDialogProps) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ['plans'] });
  const me = useMe();
  const products = useQuery(productsQuery()).data;
  const hasTemplates = (product ?? products?.find(({ id }) => id === plan?.product_id))?.has_templates;
  const form = useForm({
    initial: {
      name: plan?.name ?? '',
      edition: plan?.edition ?? 'full',
      term_months: text(plan?.terms.term_months ?? (plan ? undefined : 12)),
      term_days: text(plan?.terms.term_days),
      auto_renew: plan?.terms.auto_renew ? 'yes' : '',
      expiry_notice_days: text(plan?.terms.expiry_notice_days),
      template_id: plan?.template_id ?? '',
    },
    check,
    send: async (values, { key }) => {
      const name = values['name']!.trim();
      const months = wholeOf(values['term_months'] ?? '', 1, 120);
      const days = wholeOf(values['term_days'] ?? '', 1, 3650);
      const notice = wholeOf(values['expiry_notice_days'] ?? '', 0, 365);
      const auto_renew = values['auto_renew'] === 'yes';
      const told = notice === undefined ? {} : { expiry_notice_days: notice };
      const template_id = values['template_id'] || null;
      if (plan) {
        const terms = { term_months: months ?? null, term_days: days ?? null };
        const saved = await updatePlan(plan, { name, auto_renew, template_id, ...terms, ...told });
        toast(
          `${name} saved`,
          undoSave(saved, () => updatePlan(saved, formerOf(plan)), renew),
        );
      } else {
        const edition = values['edition'] === 'trial' ? 'trial' : 'full';
        const term = { ...(months && { term_months: months }), ...(days && { term_days: days }) };
        await createPlan({ name, product_id: product.id, edition, auto_renew, template_id, ...term, ...told }, key);
        toast(`${name} added`);
      }
      onClose();
      await renew();
    },
    explain: (error) => !plan && explainNoAnswer(error),
  });
  const title = plan ? `Edit ${plan.name}` : `Add a plan for ${product.name}`;
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          {plan && <Notice>Other terms hold for what is sold from now on. What was sold keeps its own.</Notice>}
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          {!plan && <ChoiceField name="edition" label="Edition" options={EDITIONS} />}
          <TextField
            name="term_months"
            label="Term in months"
            optional
            hint="Neither months nor days: without an end."
          />
          <TextField name="term_days" label="Term in days" optional />
          <CheckField name="auto_renew" label="Renewed by itself" />
          <TextField
            name="expiry_notice_days"
            label="Notice before the end, in days"
            optional
            hint="Empty: 60, of a trial 14."
          />
          {hasTemplates && (
            <TemplateField
              customer={me.customer_id}
              own
              none="None"
              hint="Customers that begin with a licence of the plan are given what it sets."
            />
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {plan ? 'Save' : 'Add plan'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function text(number: number | null | undefined): string {
  return typeof number === 'number' ? String(number) : '';
}

function check(values: Values): Problems {
  const problems: Problems = {};
  if (!values['name']?.trim()) problems['name'] = 'This is needed.';
  for (const [field, least, most] of [
    ['term_months', 1, 120],
    ['term_days', 1, 3650],
    ['expiry_notice_days', 0, 365],
  ] as const) {
    const problem = numberProblem(values[field] ?? '', least, most);
    if (problem) problems[field] = problem;
  }
  return problems;
}

/** What an edit may have changed, as it was. */
function formerOf({ name, template_id = null, terms }: Plan): PlanUpdate {
  const { auto_renew, expiry_notice_days, term_months = null, term_days = null } = terms;
  return { name, template_id, auto_renew, term_months, term_days, expiry_notice_days };
}
