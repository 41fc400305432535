import { ChevronRight } from 'lucide-react';
import { useId, type ReactNode } from 'react';

type SectionProps = { title: string; note?: string; folded?: boolean; children: ReactNode };

/** A part of a form. What is rarely filled in begins folded. */
export function Section({ title, note, folded, children }: SectionProps) {
  const id = useId();
  if (folded) {
    return (
      <details className="form-section">
        <summary>
          <ChevronRight className="icon-s" aria-hidden />
          <h2>{title}</h2>
        </summary>
        <div className="form-fields">{children}</div>
      </details>
    );
  }
  return (
    <section className="form-section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {note && <p className="hint">{note}</p>}
      <div className="form-fields">{children}</div>
    </section>
  );
}
