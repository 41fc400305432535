import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { countries, countryName } from '../../lib/countries';
import { SelectField } from '../../ui/fields';
import { useFormField } from '../../ui/form';
import { PickField } from '../../ui/PickField';
import { storageLocationsQuery } from './api';
import { placeOf } from './place';

/**
 * The country, and where it puts the data. Fields `country` and `storage_location_id`. `fixed`: the location was chosen
 * before, so the country decides nothing any more.
 */
export function PlaceFields({ fixed = false }: { fixed?: boolean }) {
  const choices = useMemo(() => countries().map(({ code, name }) => ({ id: code, name })), []);
  return (
    <>
      <PickField
        name="country"
        label="Country"
        hint={fixed ? 'Where the devices are.' : 'Where the devices are. It decides where their backups are stored.'}
        choices={choices}
      />
      {!fixed && <LocationField />}
    </>
  );
}

/** Says where the data goes if the country decides it, and else asks. */
function LocationField() {
  const country = useFormField('country').value;
  const chosen = useFormField('storage_location_id').value;
  const locations = useQuery(storageLocationsQuery()).data ?? [];
  const place = placeOf(country, locations);
  if (place.kind === 'unknown') return null;
  if (place.kind === 'forced') {
    return (
      <p className="form-fact">
        <span className="field-label">Storage location</span>
        <span>{place.location.name}</span>
        <span className="hint">
          Decided by the country: backups from {countryName(country)} stay there. It cannot be changed later.
        </span>
      </p>
    );
  }
  const location = place.locations.find(({ id }) => id === chosen);
  return (
    <SelectField
      name="storage_location_id"
      label="Storage location"
      options={[
        { value: '', label: 'Choose later' },
        ...place.locations.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      hint={
        location
          ? `The backups go abroad: from ${countryName(country)} to ${countryName(location.country)}. It cannot be changed later.`
          : `${countryName(country)} hosts no storage location, so it is chosen once, and stays.`
      }
    />
  );
}
