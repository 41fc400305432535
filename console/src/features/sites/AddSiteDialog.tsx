import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { idempotencyKey } from '../../api/client';
import type { Customer } from '../../api/schema';
import { countries, countryName } from '../../lib/countries';
import { siteNameProblem } from '../../lib/sites';
import { customerName } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { SelectField, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { PickField } from '../../ui/PickField';
import { toast } from '../../ui/Toasts';
import { createSite, refreshCustomers, storageLocationsQuery } from '../customers/api';
import { placeOf } from '../customers/place';

/** Adds a place of an end customer. Country and storage location are the customer's, unless it lies elsewhere. */
export function AddSiteDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const [key] = useState(idempotencyKey);
  const choices = useMemo(() => countries().map(({ code, name }) => ({ id: code, name })), []);
  const locations = useQuery(storageLocationsQuery()).data ?? [];
  const form = useForm({
    initial: { name: '', company_name: '', country: '', storage_location_id: '' },
    check: ({ name = '' }): Problems => {
      const problem = name.trim() ? siteNameProblem(name.trim()) : 'This is needed.';
      return problem ? { name: problem } : {};
    },
    send: async (values) => {
      const site = await createSite(
        customer.id,
        {
          name: values['name']?.trim() ?? '',
          company_name: values['company_name']?.trim() || null,
          country: values['country'] || null,
          storage_location_id: choosable ? values['storage_location_id'] || null : null,
        },
        key,
      );
      onClose();
      toast(`Site ${customerName(site)} added`);
      await refreshCustomers(client);
    },
  });
  const country = form.values['country'] ?? '';
  const choosable = placeOf(country, locations).kind === 'choice';
  return (
    <Dialog title={`Add a site to ${customerName(customer)}`} onClose={onClose}>
      <FormView form={form} label="Add site" className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField
            name="name"
            label="Name"
            hint="Letters, digits and underscores, unique within the customer: hq, plant_2."
            maxLength={64}
            spellCheck={false}
            autoFocus
          />
          <TextField name="company_name" label="Company name" maxLength={255} optional />
          <PickField
            name="country"
            label="Country"
            hint={
              customer.country
                ? `Empty: ${countryName(customer.country)} and the storage location, from ${customerName(customer)}.`
                : 'Where its devices are.'
            }
            choices={choices}
            optional
          />
          {choosable && (
            <SelectField
              name="storage_location_id"
              label="Storage location"
              options={[
                { value: '', label: 'Choose later' },
                ...locations.map(({ id, name }) => ({ value: id, label: name })),
              ]}
              hint={`${countryName(country)} hosts no storage location, so it is chosen once, and stays.`}
            />
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            Add site
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}
