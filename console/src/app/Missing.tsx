import { LinkButton } from '../ui/Button';
import { Blank } from '../ui/Blank';

/** An address that leads nowhere. */
export function Missing() {
  return (
    <Blank title="No page has this address" whole>
      <p>It may have been mistyped, or what it showed is gone.</p>
      <LinkButton to="/customers">Go to customers</LinkButton>
    </Blank>
  );
}
