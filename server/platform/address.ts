import ipaddr from 'ipaddr.js'

/**
 * What of an address is counted together: IPv4 whole, of IPv6 the /64 that one customer is given at least, so that nobody has
 * 2^64 tries. An IPv4 address written as IPv6 is the IPv4 address. What is no address is taken as it is.
 */
export function addressKey(ip: string): string {
  // A link-local address has its interface after a percent sign.
  const plain = ip.replace(/%.*$/, '')
  if (!plain.includes(':')) return plain.slice(0, 64)
  if (!ipaddr.isValid(plain)) return plain.slice(0, 64)
  const parsed = ipaddr.process(plain)
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
