import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { HalfSignIn } from '../../api/schema';
import { problemText } from '../../lib/words';
import { LinkButton } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { EnrolStep } from '../factors/EnrolStep';
import { SecondStep } from '../factors/SecondStep';
import { Alone } from '../sessions/Alone';
import { finishForeignSignIn } from './api';

const route = getRouteApi('/sign-in/back/$provider');

/** Where another provider sends the browser back to. */
export function BackPage() {
  const { provider } = route.useParams();
  const { code, state, iss, error } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const [half, setHalf] = useState<HalfSignIn>();
  const [problem, setProblem] = useState<string>();
  // A code is good once, and an effect may run twice.
  const begun = useRef(false);
  const enter = () => {
    client.clear();
    router.history.replace('/');
  };
  const latest = useRef(enter);
  useEffect(() => {
    if (begun.current || !code || !state) return;
    begun.current = true;
    finishForeignSignIn({ provider_id: provider, code, state, iss: iss ?? null }).then(
      (left) => (left ? setHalf(left) : latest.current()),
      (failure: unknown) => setProblem(problemText(failure)),
    );
  }, [provider, code, state, iss]);
  const back = () => router.history.replace('/sign-in');
  if (half) {
    const enrols = half.next === 'enrol';
    return (
      <Alone title={enrols ? 'Set up a second factor' : 'Second factor'}>
        {enrols ? (
          <EnrolStep half={half} onDone={enter} onBack={back} />
        ) : (
          <SecondStep half={half} onDone={enter} onBack={back} />
        )}
      </Alone>
    );
  }
  const said = problem ?? (error || !code || !state ? refusalOf(error) : undefined);
  return (
    <Alone title={said ? 'You are not signed in' : 'Signing in…'}>
      {said ? <Notice tone="danger">{said}</Notice> : <p role="status">A moment.</p>}
      {said && (
        <LinkButton kind="primary" to="/sign-in" search={{}}>
          Back to signing in
        </LinkButton>
      )}
    </Alone>
  );
}

/** Why the provider itself didn't go through with it (RFC 6749, 4.1.2.1). */
function refusalOf(error: string | undefined): string {
  if (error === 'access_denied') return 'Your organisation’s sign-in has refused, or you have cancelled it.';
  return 'Your organisation’s sign-in did not go through. Begin anew.';
}
