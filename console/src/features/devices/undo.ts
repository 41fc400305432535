import type { QueryClient } from '@tanstack/react-query';
import type { Device } from '../../api/schema';
import { happened } from '../../app/feed/feed';
import type { ToastAction } from '../../ui/Toasts';
import { undo } from '../../ui/undo';
import { activateDevice, moveDevice, renameDevice, restoreDevice, suspendDevice } from './api';

/** The state that a device had `before`; nothing where the reason of a suspension may not be seen, and so not be said again. */
export function undoSwitch(client: QueryClient, before: Device, version: number): ToastAction | undefined {
  const { id, name, suspension } = before;
  if (suspension && !suspension.reason) return undefined;
  const { mode, reason } = suspension ?? {};
  return undo({
    name,
    restore: () => (mode ? suspendDevice(id, { mode, reason: reason ?? '' }, version) : activateDevice(id, version)),
    said: mode ? `${name} is suspended as it was` : `${name} is active again`,
    renew: () => happened(client, mode ? 'device.suspended' : 'device.activated', before),
  });
}

export function undoMove(client: QueryClient, before: Device, now: Device): ToastAction {
  const { name, customer_id, customer_name } = before;
  return undo({
    name,
    restore: () => moveDevice(now, customer_id),
    said: `${name} is back under ${customer_name}`,
    renew: () => happened(client, 'device.moved', now, before),
  });
}

export function undoRename(client: QueryClient, before: Device, now: Device): ToastAction {
  return undo({
    name: now.name,
    restore: () => renameDevice(now, before.name),
    said: `Device is named ${before.name} again`,
    renew: () => happened(client, 'device.updated', before),
  });
}

/** Brings back what waits to be removed, with its backups. */
export function undoDeletion(client: QueryClient, before: Device): ToastAction {
  const { id, name } = before;
  return undo({
    name,
    restore: () => restoreDevice(id),
    said: `${name} is back as it was`,
    renew: () => happened(client, 'device.restored', before),
  });
}
