import { Notice } from '../../ui/Notice';
import { Secret } from '../../ui/Secret';

/** The codes, this once. */
export function RecoveryCodesShown({ codes }: { codes: string[] }) {
  return (
    <>
      <Notice tone="warning">
        These codes are shown now and not again. Keep them where you find them without your phone.
      </Notice>
      <Secret
        label="Recovery codes"
        text={codes.join('\n')}
        hint="Each signs you in once, where you have no other second factor at hand."
      />
    </>
  );
}
