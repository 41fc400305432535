import { useRef, type PointerEvent } from 'react';

type ResizerProps = { rem: number; width: number; onWidth: (width: number | undefined) => void };

/** The edge of a column's head: dragged to another width, pressed twice to the first one. The view has it for the keyboard. */
export function Resizer({ rem, width, onWidth }: ResizerProps) {
  const start = useRef<{ x: number; width: number }>(undefined);
  const onMove = (event: PointerEvent<HTMLSpanElement>) => {
    if (!start.current) return;
    const forward = getComputedStyle(event.currentTarget).direction === 'rtl' ? -1 : 1;
    onWidth(start.current.width + (forward * (event.clientX - start.current.x)) / rem);
  };
  return (
    <span
      className="grid-resizer"
      aria-hidden
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        // What it is now, also where it has taken the room that was left.
        const cell = event.currentTarget.parentElement?.getBoundingClientRect().width;
        start.current = { x: event.clientX, width: cell ? cell / rem : width };
      }}
      onPointerMove={onMove}
      onPointerUp={() => (start.current = undefined)}
      onPointerCancel={() => (start.current = undefined)}
      onDoubleClick={() => onWidth(undefined)}
    />
  );
}
