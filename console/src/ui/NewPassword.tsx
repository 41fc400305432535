import { PasswordField } from './fields';
import type { Problems, Values } from './form';

/** As the server has it; how easily a password is guessed is for the server to say. */
const SHORTEST_PASSWORD = 12;

const RULE = `At least ${SHORTEST_PASSWORD} characters and hard to guess. Four unrelated words make a good one.`;

type NewPasswordFieldsProps = { optional?: boolean; autoFocus?: boolean; advice?: string };

/** A new password, twice. Fields `password` and `again`. */
export function NewPasswordFields({ optional = false, autoFocus = false, advice }: NewPasswordFieldsProps) {
  return (
    <div className="form-pair">
      <PasswordField
        name="password"
        label="Password"
        autoComplete="new-password"
        hint={advice ? `${RULE} ${advice}` : RULE}
        optional={optional}
        autoFocus={autoFocus}
      />
      <PasswordField name="again" label="Password again" autoComplete="new-password" optional={optional} />
    </div>
  );
}

/** What can be told of two passwords without asking. */
export function checkPasswords({ password = '', again = '' }: Values): Problems {
  if (password === '') return { password: 'This is needed.' };
  const length = [...password].length;
  if (length < SHORTEST_PASSWORD) {
    return { password: `Has ${length} of at least ${SHORTEST_PASSWORD} characters.` };
  }
  if (password !== again) return { again: 'The two passwords differ.' };
  return {};
}
