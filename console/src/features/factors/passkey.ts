/** Passkeys, as far as the browser has them. */

type Parsers = {
  parseCreationOptionsFromJSON?: (options: unknown) => PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON?: (options: unknown) => PublicKeyCredentialRequestOptions;
};

/** The browser was asked and nothing came of it: somebody said no, or took too long. */
export class NoPasskey extends Error {
  constructor(cause: unknown) {
    super('The browser gave no passkey: it was cancelled, or took too long.', { cause });
    this.name = 'NoPasskey';
  }
}

function parsers(): Parsers {
  return typeof PublicKeyCredential === 'undefined' ? {} : (PublicKeyCredential as unknown as Parsers);
}

/** Whether this browser can do it here. */
export function hasPasskeys(): boolean {
  return parsers().parseCreationOptionsFromJSON !== undefined && isSecureContext;
}

/** Lets the browser make one; gives back what the API is sent. */
export async function makePasskey(options: unknown): Promise<unknown> {
  const publicKey = parsers().parseCreationOptionsFromJSON?.(options);
  return publicKey && answered(() => navigator.credentials.create({ publicKey }));
}

/** Lets the browser answer with one. */
export async function askPasskey(options: unknown): Promise<unknown> {
  const publicKey = parsers().parseRequestOptionsFromJSON?.(options);
  return publicKey && answered(() => navigator.credentials.get({ publicKey }));
}

async function answered(ask: () => Promise<Credential | null>): Promise<unknown> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (cause) {
    throw new NoPasskey(cause);
  }
  if (!credential) throw new NoPasskey(undefined);
  return (credential as PublicKeyCredential).toJSON();
}
