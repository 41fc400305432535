import { getRouteApi } from '@tanstack/react-router';
import { LinkButton } from '../../ui/Button';
import { Alone } from '../sessions/Alone';
import { ForeignButton } from './ForeignButton';

const route = getRouteApi('/sign-in/with/$provider');

/** Where the people of a customer begin whose organisation signs them in. */
export function ForeignPage() {
  const { provider } = route.useParams();
  return (
    <Alone title="Sign in">
      <p>Your organisation signs you in. You come back here afterwards.</p>
      <ForeignButton provider={provider} name="your organisation" primary />
      <LinkButton to="/sign-in" search={{}}>
        Use a password
      </LinkButton>
    </Alone>
  );
}
