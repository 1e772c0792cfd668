/** Privacy: what is kept of somebody can be had in one file, goes when it should, and when it is gone it is gone. */
export { Holds } from './entities.ts'
export { createPrivacy, type Privacy } from './privacy.ts'
export { privacyRoutes } from './routes.ts'
