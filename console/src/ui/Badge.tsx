import type { ReactNode } from 'react';

export type Tone = 'muted' | 'warning' | 'danger';

export function Badge({ tone, title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span className="badge" data-tone={tone} title={title}>
      {children}
    </span>
  );
}
