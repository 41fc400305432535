import type { ReactNode } from 'react';
import { problemText } from '../lib/words';
import { isCode } from '../api/client';
import { Button, LinkButton } from './Button';

type BlankProps = {
  title: string;
  small?: boolean;
  /** It is all that the page has: its title is the page's. */
  whole?: boolean;
  children?: ReactNode;
};

/** Nothing here: says why, and what to do. */
export function Blank({ title, small = false, whole = false, children }: BlankProps) {
  const Heading = whole ? 'h1' : 'h2';
  return (
    <div className="blank" data-small={small || undefined}>
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

/** The role does not allow what stands here. */
export function NotForRole({ children = 'Your role does not allow this.' }: { children?: ReactNode }) {
  return (
    <div className="blank" data-forbidden>
      <h2>This is not for your role</h2>
      <p role="alert">{children} An administrator can show it to you, or change your role.</p>
    </div>
  );
}

/** Something could not be loaded. */
export function Failed({ what, error, onRetry }: { what: string; error: unknown; onRetry?: () => void }) {
  // Asking again would not help.
  if (isCode(error, 'forbidden')) return <NotForRole>{problemText(error)}</NotForRole>;
  return (
    <div className="blank" role="alert">
      <h2>{what} could not be loaded</h2>
      <p>{problemText(error)}</p>
      {onRetry && <Button onPress={onRetry}>Try again</Button>}
    </div>
  );
}

/** A list could not be loaded. Where it is narrowed to a customer that is gone, the way out is offered. */
export function ListFailed({ what, error, onRetry }: { what: string; error: unknown; onRetry: () => void }) {
  if (!isCode(error, 'not_found')) return <Failed what={what} error={error} onRetry={onRetry} />;
  return (
    <Blank title="There is no such customer">
      <p role="alert">The list is narrowed to a customer that was deleted, or is not yours to see.</p>
      <LinkButton to="." search={(old) => ({ ...old, under: undefined })}>
        Look in the whole tree
      </LinkButton>
    </Blank>
  );
}

/** Grey lines in the place of text that is on its way. */
export function Skeletons({ lines = 3 }: { lines?: number }) {
  return (
    <div className="skeletons" aria-hidden>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className="skeleton" />
      ))}
    </div>
  );
}
