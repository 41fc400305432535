/** A thin bar of what is used of a limit. What lies beyond the limit is red. */
export function Meter({ label, text, used, of }: { label: string; text: string; used: number; of: number }) {
  const over = Math.max(0, used - of);
  const scale = Math.max(used, of, 1);
  return (
    <div
      className="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={of}
      aria-valuenow={Math.min(used, of)}
      aria-valuetext={text}
    >
      <span className="meter-part" style={{ inlineSize: `${((used - over) / scale) * 100}%` }} />
      {over > 0 && <span className="meter-part" data-over style={{ inlineSize: `${(over / scale) * 100}%` }} />}
    </div>
  );
}
