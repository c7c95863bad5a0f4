// PDQ of pixels, with the bits of odzew.hashing.pdq, which says why each step is as it is (docs/hashing.md).
// Written from the PDQ paper (Facebook, 2019). All sums but the last are of whole numbers below 2^53: exact in any order.
const {abs, min, max, floor, trunc, fround, sqrt} = Math
// To the nearest whole number, halves to even.
const whole = x => x + 6755399441055744 - 6755399441055744
const table = (n, make) => Array.from({length: n}, (_, i) => make(i))
const filterOf = side => side + 127 >> 7
const centres = side => table(64, o => (o + .5) * side / 64 | 0)
const waves = table(1024, i => Math.cos(Math.PI / 128 * ((i >> 6) + 1) * (2 * (i & 63) + 1)))
const exact = waves.map(v => whole(v * sqrt(2 / 64) * 2 ** 26))
const single = waves.map(v => fround(v * fround(sqrt(2 / 64))))

// For each of 64 outputs the first pixel and its weights over 2^22: a box filter of a box filter, cut off at the edges.
const bandOf = side => {
  const half = filterOf(side) + 2 >> 1, back = filterOf(side) - half
  return centres(side).map(centre => {
    const from = max(0, centre - back), to = min(side, centre + half), first = max(0, from - back)
    const row = table(min(side, to - 1 + half) - first, () => 0)
    for (let i = from; i < to; i++) {
      const a = max(0, i - back), b = min(side, i + half)
      for (let j = a; j < b; j++) row[j - first] += 1 / ((to - from) * (b - a))
    }
    const scaled = row.map(v => v * 2 ** 22), weights = scaled.map(floor), short = weights.reduce((n, v) => n - v, 2 ** 22)
    const rest = i => weights[i] - scaled[i], order = [...row.keys()].sort((a, b) => rest(a) - rest(b))
    order.slice(0, short).forEach(i => weights[i]++)
    return {first, weights}
  })
}

const weigh = (sums, row, weight) => {
  for (let x = 0; x < row.length; x++) sums[x] += weight * row[x]
}

// 64 x 64 values over 2^16.
const shrunk = (width, height, rows) => {
  const down = bandOf(height), across = bandOf(width), small = new Float64Array(4096), tall = [], luma = new Float64Array(width)
  let y = 0
  rows((data, at) => {
    for (let x = 0; x < width; x++, at += 4) luma[x] = data[at] * 299 + data[at + 1] * 587 + data[at + 2] * 114
    down.forEach(({first, weights}, o) => {
      const k = y - first
      if (k < 0 || k >= weights.length) return
      weigh(tall[o] ||= new Float64Array(width), luma, weights[k])
      if (k < weights.length - 1) return
      const sums = tall[o].map(v => whole(v / 1024))
      across.forEach(({first, weights}, p) => {
        small[o * 64 + p] = whole(weights.reduce((n, v, k) => n + v * sums[first + k], 0) / (1000 * 2 ** 18))
      })
      tall[o] = null
    })
    y++
  })
  return small
}

const cosines = (small, wave, add, between) => {
  const sum = value => {
    let total = 0
    for (let k = 0; k < 64; k++) total = add(total, value(k))
    return total
  }
  const half = table(1024, i => between(sum(k => wave[(i & 960) + k] * small[k * 64 + (i & 63)])))
  return table(256, i => sum(k => half[(i >> 4) * 64 + k] * wave[(i & 15) * 64 + k]))
}

const qualityOf = (small, step) => {
  let total = 0
  small.forEach((v, i) => {
    if (i > 63) total += step(v, small[i - 64])
    if (i & 63) total += step(v, small[i - 1])
  })
  return min(100, floor(total / 90))
}

// The reference's own float32 additions, in its order: for what lies so near the cut that its roundings decide.
const along = (row, size) => {
  const side = row.length, half = size + 2 >> 1, out = new Float32Array(side)
  for (let i = 0, total = 0; i < side + half - 1; i++) {
    if (i < side) total = fround(total + row[i])
    if (i >= size) total = fround(total - row[i - size])
    if (i >= half - 1) out[i - half + 1] = total / (min(i + 1, side) - max(0, i + 1 - size))
  }
  return out
}

const downwards = (side, size, next) => {
  const ring = []
  let total, i = 0
  return row => {
    const old = ring[i % size]
    ring[i++ % size] = row
    total ||= new Float32Array(row.length)
    if (row) weigh(total, row, 1)
    if (old) weigh(total, old, -1)
    if (i >= size + 2 >> 1) next(total.map(v => v / (min(i, side) - max(0, i - size))))
  }
}

const reference = (width, height, rows) => {
  const across = filterOf(width), size = filterOf(height), columns = centres(width), lines = [], plain = width == 64 && height == 64
  const second = downwards(height, size, row => lines.push(row))
  const first = downwards(height, size, row => {
    row = along(row, across)
    second(columns.map(x => row[x]))
  })
  const luma = new Float32Array(width)
  rows((data, at) => {
    for (let x = 0; x < width; x++, at += 4) luma[x] = data[at] * .299 + data[at + 1] * .587 + data[at + 2] * .114
    plain ? lines.push(luma.slice()) : first(along(luma, across))
  })
  if (!plain) for (const stage of [first, second]) for (let i = 1; i < size + 2 >> 1; i++) stage()
  return centres(height).flatMap(y => [...lines[y]])
}

// What rows() is given it must call with (bytes, offset) for each row of RGBA from the top; it may be asked to do so twice.
const pdq = (width, height, rows) => {
  if (min(width, height) < 5) return
  const small = shrunk(width, height, rows), step = more => (a, b) => floor(max(0, abs(a - b) + more) * (100 / (255 * 65536)))
  let found = cosines(small.map(v => v - 128 * 65536), exact, (a, b) => a + b, v => whole(v * 2 ** -28))
  let quality = qualityOf(small, step(-655.36))
  const cutOf = () => [...found].sort((a, b) => a - b).slice(127, 129), [below, above] = cutOf()
  const clear = above - below > .024 * 2 ** 40, sure = quality == qualityOf(small, step(655.36))
  if (!clear || !sure) {
    const again = reference(width, height, rows)
    if (!clear) found = cosines(again, single, (a, b) => fround(a + fround(b)), v => v)
    if (!sure) quality = qualityOf(again, (a, b) => abs(trunc(fround(fround(fround(a - b) * 100) / 255))))
  }
  const [cut] = cutOf(), bit = i => found[i] > cut
  const value = table(64, i => (8 * bit(255 - 4 * i) + 4 * bit(254 - 4 * i) + 2 * bit(253 - 4 * i) + bit(252 - 4 * i)).toString(16))
  return {value: value.join(''), quality}
}
