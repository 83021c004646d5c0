type Payload = Record<string, unknown>

/** An oidc-provider adapter (docs: "adapter") over a Map; what is stored is gone when the provider stops. */
export function memoryStore(): (model: string) => object {
  const entries = new Map<string, Payload>()
  return (model) => {
    const key = (id: string) => `${model}:${id}`
    const where = (name: string, value: string) =>
      [...entries].find(([at, payload]) => at.startsWith(`${model}:`) && payload[name] === value)?.[1]
    return {
      upsert: async (id: string, payload: Payload) => void entries.set(key(id), payload),
      find: async (id: string) => entries.get(key(id)),
      findByUid: async (uid: string) => where('uid', uid),
      findByUserCode: async (userCode: string) => where('userCode', userCode),
      destroy: async (id: string) => void entries.delete(key(id)),
      consume: async (id: string) =>
        void Object.assign(entries.get(key(id)) ?? {}, { consumed: Math.floor(Date.now() / 1000) }),
      revokeByGrantId: async (grantId: string) => {
        for (const [at, payload] of entries) if (payload.grantId === grantId) entries.delete(at)
      },
    }
  }
}
