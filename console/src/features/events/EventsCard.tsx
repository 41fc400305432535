import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { Suspense, useState } from 'react';
import type { Event } from '../../api/schema';
import { useMay } from '../../app/useMe';
import { count } from '../../lib/format';
import { offers, refusalOf } from '../../lib/words';
import { Button, LinkButton } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { lazyDialog } from '../../ui/lazily';
import { When } from '../../ui/When';
import { unresolvedQuery } from './api';
import type { Decision } from './DecideDialogs';
import { EVENT_STATE, helpOf, SEVERITY, titleOf } from './words';
import './events.css';

const DecideDialog = lazyDialog(async () => (await import('./DecideDialogs')).DecideDialog);

/** As many as tell enough beside everything else. */
const SHOWN = 6;
const SHOWN_IN_SHORT = 3;

type EventsCardProps = {
  of: { device: string } | { customer: string };
  /** A line each, across a page on which much else stands. */
  short?: boolean;
};

/** What is notable at a device, or at a customer and below it, and is not over. Nothing where nothing is. */
export function EventsCard({ of, short = false }: EventsCardProps) {
  const shown = short ? SHOWN_IN_SHORT : SHOWN;
  const events = useQuery(unresolvedQuery(of, shown));
  const [asked, setAsked] = useState<{ event: Event; decision: Decision }>();
  const page = events.data;
  if (!page || page.items.length === 0) return null;
  const under = 'customer' in of ? of.customer : undefined;
  const all = page.total > shown && under && (
    <Link to="/events" search={{ under, filter: 'state in (open, acknowledged)' }} className="link">
      Show all {page.total} events
    </Link>
  );
  const list = (
    <>
      <ul className="events">
        {page.items.map((event) => (
          <EventRow
            key={event.id}
            event={event}
            named={under !== undefined}
            onAsk={(decision) => setAsked({ event, decision })}
          />
        ))}
      </ul>
      {asked && (
        <Suspense>
          <DecideDialog {...asked} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </>
  );
  if (short) {
    return (
      <section className="card events-short" aria-label="Events">
        {list}
        {all && <p>{all}</p>}
      </section>
    );
  }
  return (
    <Card title="Events" end={all}>
      {list}
    </Card>
  );
}

type EventRowProps = { event: Event; named: boolean; onAsk: (decision: Decision) => void };

function EventRow({ event, named, onAsk }: EventRowProps) {
  const { device_id, device_name, decision, state } = event;
  const mayDecide = useMay('event_acknowledge');
  const help = helpOf(event);
  const title = titleOf(event);
  return (
    <li className="event" aria-label={title} data-seen={state !== 'open' || undefined}>
      <SeverityIcon event={event} />
      <div className="event-what">
        <p>
          <b>{title}</b>
          {named && device_id && (
            <>
              {': '}
              <Link to="/devices/$id" params={{ id: device_id }} className="link">
                {device_name}
              </Link>
            </>
          )}
        </p>
        <p className="quiet">
          {event.detail}
          <span>
            {' · '}
            {event.count > 1 && `${count(event.count)} times, `}
            <When at={event.last_seen_at} />
          </span>
        </p>
        {decision && (
          <p className="quiet">
            {EVENT_STATE[state]}
            {decision.by && ` by ${decision.by}`} <When at={decision.at} />
            {decision.reason && `: ${decision.reason}`}
          </p>
        )}
      </div>
      <div className="event-buttons">
        {named && 'customer' in help && help.tab === 'licences' && (
          <LinkButton size="s" to="/customers/$id" params={{ id: help.customer }} search={{ tab: help.tab }}>
            {help.label}
          </LinkButton>
        )}
        {mayDecide && offers(event, 'acknowledge') && state === 'open' && (
          <Button
            size="s"
            refusal={refusalOf(event, 'acknowledge')}
            onPress={() => onAsk('acknowledge')}
            aria-label={`Acknowledge: ${title}`}
          >
            Acknowledge…
          </Button>
        )}
        {mayDecide && isResolvedByWord(event) && (
          <Button
            size="s"
            refusal={refusalOf(event, 'resolve')}
            onPress={() => onAsk('resolve')}
            aria-label={`Resolve: ${title}`}
          >
            Resolve…
          </Button>
        )}
      </div>
    </li>
  );
}

/** What is still so resolves by itself. */
function isResolvedByWord(event: Event): boolean {
  return event.actions.some(({ name, code }) => name === 'resolve' && code !== 'event_goes_on');
}

/** In colour where somebody has to do something about it, and in words for those who don’t see it. */
export function SeverityIcon({ event: { severity } }: { event: Pick<Event, 'severity'> }) {
  const [Icon, tone] =
    severity === 'action_required'
      ? [CircleAlert, 'danger']
      : severity === 'warning'
        ? [TriangleAlert, 'warning']
        : [Info, undefined];
  return <Icon className="icon" data-tone={tone} role="img" aria-label={SEVERITY[severity]} />;
}
