import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Customer } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import { countryName } from '../../lib/countries';
import { siteNameProblem } from '../../lib/sites';
import { customerName, explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { createSite, storageLocationsQuery } from '../customers/api';
import { CountryField } from '../customers/CountryField';
import { chosenLocation, locationProblem } from '../customers/place';
import { LocationField } from '../customers/PlaceFields';

/** Adds a place of an end customer. Country and storage location are the customer's, unless it lies elsewhere. */
export function AddSiteDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const client = useQueryClient();
  const locations = useQuery(storageLocationsQuery()).data;
  const form = useForm({
    initial: { name: '', company_name: '', country: '', storage_location_id: '' },
    check: ({ name = '', country = '', storage_location_id = '' }): Problems => {
      const problems: Problems = {};
      const wrong = name.trim() ? siteNameProblem(name.trim()) : 'This is needed.';
      if (wrong) problems['name'] = wrong;
      const location = locationProblem(country, storage_location_id, locations);
      if (location) problems['storage_location_id'] = location;
      return problems;
    },
    send: async (values, { key }) => {
      const country = values['country'] ?? '';
      const site = await createSite(
        customer.id,
        {
          name: values['name']?.trim() ?? '',
          company_name: values['company_name']?.trim() || null,
          country: country || null,
          storage_location_id: chosenLocation(country, values['storage_location_id'] ?? '', locations),
        },
        key,
      );
      onClose();
      toast(`Site ${customerName(site)} added`);
      await happened(client, 'customer.created', site);
    },
    explain: explainNoAnswer,
  });
  return (
    <Dialog title={`Add a site to ${customerName(customer)}`} onClose={onClose} form={form}>
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
          <CountryField
            hint={
              customer.country
                ? `Empty: ${countryName(customer.country)} and the storage location, from ${customerName(customer)}.`
                : 'Where its devices are.'
            }
            optional
          />
          <LocationField open={`That of ${customerName(customer)}`} />
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
