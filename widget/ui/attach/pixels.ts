/** Draws pictures on a canvas: what a page's `img-src` says of pictures has no say in that, and no address of them is left. */

/** Where a picture of this size lies in a box: all of it (`contain`), or as much as fills it (`cover`). */
export function placeIn(
  { width, height }: { width: number; height: number },
  box: { width: number; height: number },
  fit: 'contain' | 'cover',
): { x: number; y: number; width: number; height: number } {
  const choose = fit === 'contain' ? Math.min : Math.max
  const scale = choose(box.width / width, box.height / height)
  const size = { width: width * scale, height: height * scale }
  return { x: (box.width - size.width) / 2, y: (box.height - size.height) / 2, ...size }
}

/** Rejects where it is no picture this browser knows. */
export async function draw(
  canvas: HTMLCanvasElement,
  picture: Blob,
  sizeOf: (natural: { width: number; height: number }) => { width: number; height: number },
  fit: 'contain' | 'cover',
): Promise<void> {
  const bitmap = await createImageBitmap(picture)
  try {
    const { width, height } = sizeOf(bitmap)
    const scale = Math.min(globalThis.devicePixelRatio || 1, 3)
    canvas.width = Math.max(1, Math.round(width * scale))
    canvas.height = Math.max(1, Math.round(height * scale))
    canvas.style.aspectRatio = `${width} / ${height}`
    const context = canvas.getContext('2d')
    if (!context) return
    context.imageSmoothingQuality = 'high'
    const at = placeIn(bitmap, canvas, fit)
    context.drawImage(bitmap, at.x, at.y, at.width, at.height)
  } finally {
    bitmap.close()
  }
}
