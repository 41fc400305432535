import { useQuery } from '@tanstack/react-query';
import { countryName } from '../../lib/countries';
import { SelectField } from '../../ui/fields';
import { useFormField } from '../../ui/form';
import { storageLocationsQuery } from './api';
import { CountryField } from './CountryField';
import { placeOf } from './place';

/** What a storage location is and is not. */
export const POOLS = 'Backups of new devices lie in the storage pool of that location, or in the common one.';

/**
 * The country, and the storage location that follows from it. Fields `country` and `storage_location_id`. `fixed`: the
 * location was chosen before, so the country decides nothing any more.
 */
export function PlaceFields({ fixed = false }: { fixed?: boolean }) {
  return (
    <>
      <CountryField
        hint={fixed ? 'Where the devices are.' : 'Where the devices are. It decides the storage location.'}
      />
      {!fixed && <LocationField />}
    </>
  );
}

type LocationFieldProps = {
  /** What holds without a country. */
  open?: string;
};

/**
 * Says which location it is if the country decides it, and else asks. It is there from the beginning and keeps its
 * height: what stands below it must not move away while somebody types there.
 */
export function LocationField({ open = 'Follows from the country' }: LocationFieldProps) {
  const country = useFormField('country').value;
  const chosen = useFormField('storage_location_id').value;
  const place = placeOf(country, useQuery(storageLocationsQuery()).data);
  if (place.kind !== 'choice') {
    const decided = place.kind === 'forced';
    return (
      <SelectField
        name="storage_location_id"
        label="Storage location"
        options={[{ value: chosen, label: decided ? place.location.name : open }]}
        hint={`${
          decided
            ? 'Decided by the country, once: it cannot be changed later.'
            : 'Chosen once: it cannot be changed later.'
        } ${POOLS}`}
        disabled
      />
    );
  }
  const location = place.locations.find(({ id }) => id === chosen);
  const abroad = location && location.country !== country;
  return (
    <SelectField
      name="storage_location_id"
      label="Storage location"
      options={[
        { value: '', label: 'Choose one' },
        ...place.locations.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      hint={`${
        abroad ? `${location.name} is abroad for ${countryName(country)}.` : `None serves ${countryName(country)}.`
      } It cannot be changed later. ${POOLS}`}
    />
  );
}
