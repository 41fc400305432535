import type { Customer, Level, ServiceType } from '../../api/schema';
import { customerName, SERVICE } from '../../lib/words';
import { ChecksField, SelectField } from '../../ui/fields';
import { useFormField } from '../../ui/form';

/** What a field for what is offered holds where nothing is chosen: it can’t be sent. */
export const NONE = 'none';

const TYPES: ServiceType[] = ['all_inclusive', 'software_only'];

/** What a customer is sold, and what it may offer to those below it: both of what its parent offers. */
export function ServiceFields({ level, parent }: { level: Level; parent: Customer | undefined }) {
  const offered = parent?.offered_service_types ?? TYPES;
  const above = parent ? customerName(parent) : 'the customer above';
  const isPartner = level !== 'end_customer' && level !== 'site';
  return (
    <>
      {level !== 'site' && level !== 'provider' && (
        <SelectField
          name="service_type"
          label="Service type"
          hint="All-inclusive: its backups lie in the provider’s storage. Software-only: in storage of its own, or of a customer above it."
          options={[
            { value: '', label: `What ${above} offers first` },
            ...offered.map((value) => ({ value, label: SERVICE[value] })),
          ]}
          optional
        />
      )}
      {isPartner && <OffersField offered={offered} />}
    </>
  );
}

function OffersField({ offered }: { offered: readonly ServiceType[] }) {
  const { value, set } = useFormField('offers');
  const chosen = value === NONE ? [] : offered.filter((type) => typesOf(value, offered).includes(type));
  return (
    <ChecksField
      name="offers"
      label="Service types to provide"
      hint="What it may offer to the customers below it. What is used below can’t be taken away."
      options={offered.map((type) => ({ value: type, label: SERVICE[type] }))}
      chosen={chosen}
      onChoose={(types) => set(types.length === offered.length ? '' : (types[0] ?? NONE))}
    />
  );
}

/** What a field for what is offered holds: one type, or nothing for all. */
export function offersOf({ offered_service_types: types }: Pick<Customer, 'offered_service_types'>): string {
  return types?.length === 1 ? types[0]! : '';
}

export function typesOf(value: string | undefined, all: readonly ServiceType[] = TYPES): ServiceType[] {
  const only = TYPES.filter((type) => type === value);
  return only.length > 0 ? only : [...all];
}
