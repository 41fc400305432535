import type { Profile } from '../../api/schema';
import { TextArea, TextField } from '../../ui/fields';
import type { Values } from '../../ui/form';

export const PROFILE = ['contact', 'phone', 'fax', 'address', 'city', 'reference', 'shared_notes', 'notes'] as const;

/** Who is who and where. Fields `profile.…`; all may stay empty. `internal`: with what is only for those above. */
export function ProfileFields({ internal = true }: { internal?: boolean }) {
  return (
    <>
      <TextField name="profile.contact" label="Contact person" maxLength={255} optional />
      <div className="form-pair">
        <TextField name="profile.phone" label="Phone" type="tel" maxLength={50} optional />
        <TextField name="profile.fax" label="Fax" type="tel" maxLength={50} optional />
      </div>
      <div className="form-pair">
        <TextField name="profile.address" label="Address" maxLength={255} optional />
        <TextField name="profile.city" label="City" maxLength={100} optional />
      </div>
      <TextField
        name="profile.reference"
        label="Reference"
        hint="Its number or name in another system. Lists find it."
        maxLength={255}
        optional
      />
      <TextArea
        name="profile.shared_notes"
        label="Notes for everybody"
        hint="The customer's own people read these too."
        maxLength={4000}
        optional
      />
      {internal && (
        <TextArea
          name="profile.notes"
          label="Internal notes"
          hint="For those who look after the customer. Its own people never see them."
          maxLength={4000}
          optional
        />
      )}
    </>
  );
}

export function profileValues(profile: Profile | undefined): Values {
  return Object.fromEntries(PROFILE.map((field) => [`profile.${field}`, profile?.[field] ?? '']));
}
