/**
 * Hosts below which strangers have names, and which the public suffix list does not hold: their owners have not asked for it, as
 * the list's private section (https://publicsuffix.org/submit/) needs. Those that it holds, such as `github.io` or `myshopify.com`,
 * are found by `tldts` and not repeated here. Some stand above several of them, as `amazonaws.com` does.
 */
const sharedHosts: ReadonlySet<string> = new Set(
  `
  angelfire.com bigcartel.com blogger.com fc2.com freeservers.com ghost.io godaddysites.com jimdo.com jimdofree.com
  jimdosite.com livejournal.com mystrikingly.com neocities.org over-blog.com squarespace.com strikingly.com substack.com
  tilda.ws tistory.com tripod.com tumblr.com typepad.com ucoz.ru webnode.com webnode.page weebly.com weeblysite.com wix.com
  wordpress.com wpcomstaging.com wpengine.com

  cafe24.com company.site ecwid.com gumroad.com mitiendanube.com mybigcommerce.com myvtex.com odoo.com shopify.com
  storenvy.com tiendanube.com

  kajabi.com moodlecloud.com mykajabi.com podia.com teachable.com thinkific.com

  atlassian.net canny.io dynamics.com freshdesk.com freshservice.com helpscoutdocs.com hs-sites.com hubspot.com
  hubspotpagebuilder.com instructure.com intercom.help microsoftcrmportals.com onmicrosoft.com powerappsportals.com
  service-now.com sharepoint.com slack.com softr.app statuspage.io uservoice.com zendesk.com zohosites.com

  force.com my.salesforce.com my.site.com salesforce.com site.com

  clickfunnels.com gitbook.com hashnode.dev itch.io mailchimpsites.com myportfolio.com notion.so systeme.io
  unbouncepages.com

  000webhostapp.com byethost.com codesandbox.io epizy.com glitch.me hostingersite.com infinityfreeapp.com kinsta.cloud
  kinsta.page loca.lt rf.gd stackblitz.io webcontainer.io

  amazonaws.com azure.com cloudapp.azure.com fly.io googleusercontent.com railway.app windows.net
  `
    .trim()
    .split(/\s+/),
)

/** Could a stranger have a name somewhere below this host? True of what is above a shared host too. */
export const isShared = (host: string): boolean =>
  sharedHosts.has(host) || [...sharedHosts].some((shared) => shared.endsWith(`.${host}`))
