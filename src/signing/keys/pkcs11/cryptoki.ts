/** What we use of PKCS #11, as the package pkcs11js binds it; handles are opaque bytes. Calls block and throw. */
export type Cryptoki = {
  load(module: string): void
  close(): void
  C_Initialize(): void
  C_Finalize(): void
  C_GetSlotList(tokenPresent: boolean): readonly Handle[]
  C_GetTokenInfo(slot: Handle): TokenInfo
  C_GetMechanismList(slot: Handle): readonly number[]
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseSession(session: Handle): void
  C_Login(session: Handle, user: number, pin?: string): void
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void
  C_FindObjects(session: Handle, most: number): readonly Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: readonly Attribute[],
  ): readonly { readonly value: Uint8Array }[]
  C_SignInit(session: Handle, mechanism: { readonly mechanism: number }, key: Handle): void
  C_Sign(session: Handle, data: Uint8Array, output: Uint8Array): Uint8Array
}

export type Handle = Uint8Array
export type Attribute = { readonly type: number; readonly value?: number | boolean | string | Uint8Array }

/** Texts are padded with blanks. */
export type TokenInfo = {
  readonly label: string
  readonly manufacturerID: string
  readonly model: string
  readonly serialNumber: string
  readonly flags: number
}

/** Names and numbers of PKCS #11 2.40, those that are used here. */
export const ck = {
  serialSession: 0x4,
  user: 1,
  contextSpecific: 2,
  objects: { certificate: 1, publicKey: 2, privateKey: 3 },
  keyTypes: { rsa: 0, ec: 3 },
  attributes: {
    class: 0x0,
    label: 0x3,
    value: 0x11,
    keyType: 0x100,
    id: 0x102,
    sign: 0x108,
    modulus: 0x120,
    publicExponent: 0x122,
    publicKeyInfo: 0x129,
    ecParams: 0x180,
    ecPoint: 0x181,
    alwaysAuthenticate: 0x202,
  },
  mechanisms: {
    rsaPkcs: 0x1,
    sha256RsaPkcs: 0x40,
    ecdsa: 0x1041,
    ecdsaSha256: 0x1044,
    ecdsaSha384: 0x1045,
  },
  tokenFlags: {
    loginRequired: 0x4,
    protectedAuthenticationPath: 0x100,
    initialised: 0x400,
    finalTry: 0x20000,
    locked: 0x40000,
  },
  results: {
    deviceError: 0x30,
    deviceMemory: 0x31,
    deviceRemoved: 0x32,
    functionCanceled: 0x50,
    keyFunctionNotPermitted: 0x68,
    mechanismInvalid: 0x70,
    pinIncorrect: 0xa0,
    pinInvalid: 0xa1,
    pinLengthRange: 0xa2,
    pinExpired: 0xa3,
    pinLocked: 0xa4,
    sessionClosed: 0xb0,
    sessionHandleInvalid: 0xb3,
    tokenNotPresent: 0xe0,
    tokenNotRecognised: 0xe1,
    userAlreadyLoggedIn: 0x100,
    userPinNotInitialised: 0x102,
  },
} as const
