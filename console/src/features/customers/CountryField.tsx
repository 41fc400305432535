import { useMemo, type ReactNode } from 'react';
import { countries } from '../../lib/countries';
import { PickField } from '../../ui/pick/PickField';

type CountryFieldProps = { hint: ReactNode; optional?: boolean; autoFocus?: boolean };

/** A country, by name or code. Field `country`. */
export function CountryField({ hint, optional = false, autoFocus = false }: CountryFieldProps) {
  const source = useMemo(
    () => ({ choices: countries().map(({ code, name }) => ({ id: code, name, also: [code] })) }),
    [],
  );
  return (
    <PickField
      name="country"
      label="Country"
      noun="country"
      hint={hint}
      optional={optional}
      source={source}
      autoFocus={autoFocus}
    />
  );
}
