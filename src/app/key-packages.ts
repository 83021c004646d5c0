import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SigningError } from '../model/errors.ts'

/** Packages that reach keys outside files; installed by who has such a key, in a version that we have tried. */
export const keyPackages = {
  pkcs11: ['pkcs11js@2'],
  awskms: ['@aws-sdk/client-kms@3'],
  azurekms: ['@azure/keyvault-keys@4', '@azure/identity@4'],
  gcpkms: ['@google-cloud/kms@6'],
} as const

/** What needs a package. */
export type PackagedKind = keyof typeof keyPackages

/**
 * Where the packages of a kind of key lie (file URLs), in order: beside Affidavit, or else in the folder of the
 * configuration. Throws SigningError `AFD_KEY_PACKAGE` that says how to install them.
 */
export function findPackages(kind: PackagedKind, directory: string): readonly string[] {
  const wanted = keyPackages[kind]
  return wanted.map((specifier) => {
    const name = specifier.replace(/@\d+$/, '')
    const found = find(name, [import.meta.url, join(directory, 'package.json')])
    if (found !== undefined) return found
    throw new SigningError('AFD_KEY_PACKAGE', `this key needs the package ${name}, which is not installed`, {
      hint: `Install it beside affidavit, or in the folder of affidavit.yaml: npm install ${wanted.join(' ')}`,
    })
  })
}

function find(name: string, places: readonly string[]): string | undefined {
  for (const place of places) {
    try {
      return pathToFileURL(createRequire(place).resolve(name)).href
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return undefined
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'
