import { Building2, Crown, MapPin, Network, Store } from 'lucide-react';
import type { Level } from '../../api/schema';
import { LEVEL } from '../../lib/words';

const ICONS: Record<Level, typeof Store> = {
  provider: Crown,
  distributor: Network,
  sub_distributor: Network,
  reseller: Store,
  end_customer: Building2,
  site: MapPin,
};

export function LevelIcon({ level }: { level: Level }) {
  const Icon = ICONS[level];
  return <Icon className="icon" role="img" aria-label={LEVEL[level]} />;
}
