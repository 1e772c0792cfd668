/** A page may have given a property to all objects: what is read of one, although nobody has put it there, could be that. */

/** The same object, which has nothing any more but what is its own. For what was just made, and is nobody else's yet. */
export const bare = <T extends object>(it: T): T => Object.setPrototypeOf(it, null)
