import { useQueryClient } from '@tanstack/react-query';
import type { Product, Unit } from '../../api/schema';
import { explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { CheckField, ChecksField, SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { undoSave } from '../../ui/undo';
import { createProduct, updateProduct } from './api';
import { UNIT } from './words';

const UNITS = Object.keys(UNIT) as Unit[];

function unitsOf(text = ''): Unit[] {
  const words = text.split(' ');
  return UNITS.filter((unit) => words.includes(unit));
}

/** Adds a product, or edits one. */
export function ProductDialog({ product, onClose }: { product?: Product | undefined; onClose: () => void }) {
  const client = useQueryClient();
  const renew = () =>
    client.invalidateQueries({ predicate: ({ queryKey: [noun] }) => noun === 'products' || noun === 'plans' });
  const form = useForm({
    initial: {
      name: product?.name ?? '',
      unit: product?.unit ?? 'device',
      usage_billed: product?.usage_billed ? 'yes' : '',
      managed_here: product?.managed_here === false ? '' : 'yes',
      has_templates: product?.has_templates ? 'yes' : '',
      has_firmware: product?.has_firmware ? 'yes' : '',
      excludes: product?.excludes.join(' ') ?? '',
    },
    check: ({ name = '' }): Problems => (name.trim() ? {} : { name: 'This is needed.' }),
    send: async (values, { key }) => {
      const fields = {
        name: values['name']!.trim(),
        managed_here: values['managed_here'] === 'yes',
        has_templates: values['has_templates'] === 'yes',
        has_firmware: values['has_firmware'] === 'yes',
      };

      if (product) {
        const excludes = unitsOf(values['excludes']);
        const saved = await updateProduct(product, { ...fields, excludes });
        const { name, managed_here, has_templates, has_firmware } = product;
        const former = { name, managed_here, has_templates, has_firmware, excludes: product.excludes };
        toast(
          `${fields.name} saved`,
          undoSave(saved, () => updateProduct(saved, former), renew),
        );
      } else {
        const unit = UNITS.find((known) => known === values['unit']) ?? 'device';
        await createProduct({ ...fields, unit, usage_billed: values['usage_billed'] === 'yes' }, key);
        toast(`${fields.name} added`);
      }
      onClose();
      await renew();
    },
    explain: (error) => !product && explainNoAnswer(error),
  });
  const title = product ? `Edit ${product.name}` : 'Add a product';
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          {!product && (
            <>
              <SelectField
                name="unit"
                label="Unit"
                hint="What is counted. It never changes."
                options={UNITS.map((unit) => ({ value: unit, label: UNIT[unit] }))}
              />
              <CheckField name="usage_billed" label="Billed by use" hint="There are no licences of it to assign." />
            </>
          )}
          <CheckField
            name="managed_here"
            label="Managed here"
            hint="Customers with it are looked after in this console."
          />
          <CheckField name="has_templates" label="Has templates" />
          <CheckField name="has_firmware" label="Has firmware" />
          {product && (
            <ChecksField
              name="excludes"
              label="Not at one site with"
              hint="Who has both would pay twice. It holds for what is assigned from now on."
              options={UNITS.map((unit) => ({ value: unit, label: UNIT[unit] }))}
              chosen={unitsOf(form.values['excludes'])}
              onChoose={(chosen) => form.set('excludes', chosen.join(' '))}
            />
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {product ? 'Save' : 'Add product'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
