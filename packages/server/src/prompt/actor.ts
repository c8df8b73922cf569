import type { Author } from '@fairlead/core/prompt'
import type { Principal } from '../http/index.ts'

/** Who changes a prompt: the author that goes into hashes, the user behind it if there is one, and what they are. */
export interface Actor {
  author: Author
  userId: string | null
  /** Whose approval of what this actor does counts for nothing: the user, or whoever made the credential. */
  responsibleUserId: string | null
  kind: Principal['kind']
  /** The credential's own id. */
  id: string
  role: Principal['role']
}

/** Keys and browser tokens have no mailbox; the address that git wants names the credential in a domain nobody can own. */
export function actorOf({ kind, id, name, email, userId, responsibleUserId, role }: Principal): Actor {
  const author = { name, email: email ?? `${kind}+${id}@fairlead.invalid` }
  return { author, userId, responsibleUserId, kind, id, role }
}

/** Who moves refs when nobody asked for it just now, such as for the winner of an A/B test. */
export const controlPlaneActor: Actor = {
  author: { name: 'Fairlead', email: 'control-plane@fairlead.invalid' },
  userId: null,
  responsibleUserId: null,
  kind: 'system',
  id: 'control-plane',
  role: null,
}
