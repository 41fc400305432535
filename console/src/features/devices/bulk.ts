/** What can be done to many devices at once. Pure. */

export type DevicesBulkName = 'approve' | 'suspend' | 'activate' | 'delete';
