import { useQueryClient } from '@tanstack/react-query';
import type { StorageLocation } from '../../api/schema';
import { countryName } from '../../lib/countries';
import { explainNoAnswer } from '../../lib/words';
import { Button } from '../../ui/Button';
import { Dialog, DialogBody, DialogFoot } from '../../ui/Dialog';
import { TextArea, TextField } from '../../ui/fields';
import { FormSummary, FormView, useForm, type Problems, type Values } from '../../ui/form';
import { toast } from '../../ui/Toasts';
import { undoSave } from '../../ui/undo';
import { CountryField } from '../customers/CountryField';
import { storageLocationsQuery } from '../customers/api';
import { createLocation, updateLocation } from './api';
import { countriesText, readCountries } from './serves';

type LocationDialogProps = { location?: StorageLocation | undefined; onClose: () => void };

/** Adds a storage location, or edits one. */
export function LocationDialog({ location, onClose }: LocationDialogProps) {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: storageLocationsQuery().queryKey });
  const form = useForm({
    initial: {
      name: location?.name ?? '',
      country: location?.country ?? '',
      serves: countriesText(location?.serves ?? []),
    },
    check,
    send: async (values, { key }) => {
      const name = values['name']!.trim();
      const read = readCountries(values['serves'] ?? '');
      const serves = 'codes' in read ? read.codes : [];
      if (location) {
        const saved = await updateLocation(location, { name, serves });
        const former = { name: location.name, serves: location.serves };
        toast(
          `${name} saved`,
          undoSave(saved, () => updateLocation(saved, former), renew),
        );
      } else {
        await createLocation({ name, country: values['country'] ?? '', serves }, key);
        toast(`${name} added`);
      }
      onClose();
      await renew();
    },
    explain: (error) => !location && explainNoAnswer(error),
  });
  const title = location ? `Edit ${location.name}` : 'Add a storage location';
  return (
    <Dialog title={title} onClose={onClose} form={form}>
      <FormView form={form} label={title} className="dialog-form">
        <DialogBody>
          <FormSummary />
          <TextField name="name" label="Name" maxLength={100} autoFocus />
          {location ? (
            <p className="form-fact">
              <span className="field-label">Country</span>
              <span>{countryName(location.country)}</span>
            </p>
          ) : (
            <CountryField hint="Where the data centre stands. It stays." />
          )}
          {!location?.withdrawn_at && (
            <TextArea
              name="serves"
              label="Serves"
              hint="Countries by name or code, with commas. Their new customers store there and choose nothing; those who are there already keep what they have."
              optional
            />
          )}
        </DialogBody>
        <DialogFoot>
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isPending={form.busy}>
            {location ? 'Save' : 'Add location'}
          </Button>
        </DialogFoot>
      </FormView>
    </Dialog>
  );
}

function check({ name = '', country = '', serves = '' }: Values): Problems {
  const read = readCountries(serves);
  return {
    ...(!name.trim() && { name: 'This is needed.' }),
    ...(!country && { country: 'This is needed.' }),
    ...('unknown' in read && { serves: `“${read.unknown}” is no country.` }),
  };
}
