// The worker: reads and looks at files apart from the page. Nothing here can ask for anything: the answer that brought it forbids it.
const NEAR_COLOURS = 3

const penOf = (width, height) => new OffscreenCanvas(width, height).getContext('2d', {alpha: false, willReadFrequently: true})

// Some browsers change what pages read from pictures, against being recognised. Then no fingerprint can be made.
const honest = () => {
  const pen = penOf(64, 64), put = new ImageData(64, 64)
  put.data.forEach((_, i) => { put.data[i] = i % 4 == 3 ? 255 : i * 7919 >> 5 })
  pen.putImageData(put, 0, 0)
  return pen.getImageData(0, 0, 64, 64).data.every((v, i) => v == put.data[i])
}

// In stripes: a second copy of the whole would be too much for a phone. `turn` is the EXIF orientation that is still to be followed.
const rowsOf = (bitmap, turn, tell) => {
  const across = turn > 4, right = turn - 1 & 3, x = right == 1 || right == 2 ? -1 : 1, y = right > 1 ? -1 : 1
  const [width, height] = across ? [bitmap.height, bitmap.width] : [bitmap.width, bitmap.height]
  const deep = min(height, max(1, PIECE / width | 0)), pen = penOf(width, deep)
  pen.imageSmoothingEnabled = false
  return [width, height, use => {
    for (let from = 0; from < height; from += deep) {
      pen.resetTransform()
      pen.fillStyle = '#fff'
      pen.fillRect(0, 0, width, deep)
      pen.setTransform(...across ? [0, y, x, 0] : [x, 0, 0, y], x < 0 ? width : 0, (y < 0 ? height : 0) - from)
      pen.drawImage(bitmap, 0, 0)
      const rows = min(deep, height - from), {data} = pen.getImageData(0, 0, width, rows)
      for (let row = 0; row < rows; row++) use(data, row * width * 4)
      tell((from + deep) / height)
    }
  }]
}

const hashOf = (bitmap, turn, tell) => {
  const pen = penOf(128, 128), found = pdq(...rowsOf(bitmap, turn, tell))
  pen.imageSmoothingEnabled = false
  pen.drawImage(bitmap, 0, 0, 128, 128)
  bitmap.close()
  return {found, sample: pen.getImageData(0, 0, 128, 128).data}
}

const bytesOf = async (file, from, to) => new DataView(await file.slice(from, to).arrayBuffer())
const textOf = view => new TextDecoder('latin1').decode(view)

// The EXIF orientation of a WebP, which some browsers follow and some do not; of other forms all do. Source: CIPA DC-008, 4.6.4.
const turnOf = async (file, head) => {
  if (!/^RIFF....WEBPVP8X/s.test(head)) return 0
  try {
    for (let at = 12, seen = 0; head.charCodeAt(20) & 8 && seen < 9999; seen++) {
      const chunk = await bytesOf(file, at, at + 8), size = chunk.getUint32(4, true)
      if (textOf(chunk).startsWith('EXIF')) {
        let block = await bytesOf(file, at + 8, at + 8 + size)
        if (textOf(block).startsWith('Exif\0\0')) block = new DataView(block.buffer, 6)
        const order = block.getUint32(0), little = order == 0x49492a00, first = block.getUint32(4, little)
        for (let n = 0; little || order == 0x4d4d002a; n++) {
          if (n == block.getUint16(first, little)) return 1
          const entry = first + 2 + 12 * n, value = block.getUint16(entry + 8, little)
          const number = block.getUint16(entry + 2, little) == 3 && block.getUint32(entry + 4, little) == 1
          if (block.getUint16(entry, little) == 0x112) return number && value > 0 && value < 9 ? value : 1
        }
        return 1
      }
      at += 8 + size + (size & 1)
    }
  } catch {}
  return 1
}

const decoded = (file, colorSpaceConversion, imageOrientation) =>
  createImageBitmap(file, {colorSpaceConversion, imageOrientation, premultiplyAlpha: 'none'})

// A colour profile is followed if it changes something to speak of.
const pictureOf = async (file, tell) => {
  const head = textOf(await bytesOf(file, 0, PIECE)), turn = await turnOf(file, head), shown = turn ? 'none' : 'from-image'
  const plain = hashOf(await decoded(file, 'none', shown), turn || 1, tell)
  if (!/ICC_PROFILE|iCCP|ICCP|colr(prof|rICC)/.test(head)) return plain.found
  const managed = hashOf(await decoded(file, 'default', shown), turn || 1, tell)
  return (plain.sample.some((v, i) => abs(v - managed.sample[i]) > NEAR_COLOURS) ? managed : plain).found
}

const answer = async ({file, picture, bitmap}, tell) => {
  if (!honest()) return {...file && await sumsOf(file, tell), why: 'guarded'}
  if (bitmap) return hashOf(bitmap, 1, tell).found
  const sums = await sumsOf(file, part => tell(picture ? part / 2 : part))
  try {
    return {...sums, ...picture && await pictureOf(file, part => tell(.5 + part / 2))}
  } catch {
    return {...sums, why: 'broken'}
  }
}

const work = () => {
  let newest = 0
  onmessage = async ({data, ports: [port]}) => {
    newest = max(newest, data.turn)
    const tell = part => {
      if (data.turn < newest) throw 'over'
      port.postMessage({part})
    }
    if (port) port.postMessage({answer: await answer(data, tell).catch(() => ({why: 'broken'})) || {}})
  }
}
