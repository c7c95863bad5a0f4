// The page: hands chosen files to the worker, shows how far it is, and writes the fingerprint into a hidden field.
const MOST_HASHES = 100
const MOST_FILES = 10
// Bytes of a picture, and its pixels.
const MOST = 1e8
const GOOD = 50
const CHANGED_BITS = 16
const PATIENCE = 15e3
const LAGGING = 100

const apart = (a, b) => (BigInt('0x' + a) ^ BigInt('0x' + b)).toString(2).split('1').length - 1

// Waits for an event; fails on an error, or if nothing comes.
const next = (target, name) => new Promise((resolve, reject) => {
  target['on' + name] = resolve
  target.onerror = reject
  setTimeout(reject, PATIENCE)
})

// How many pixels a picture has, by its head alone; undefined if it is none.
const pixelsOf = async url => {
  const image = new Image()
  image.src = url
  try {
    await next(image, 'load')
    return image.naturalWidth * image.naturalHeight
  } catch {}
}

const release = film => {
  film?.removeAttribute('src')
  film?.load()
}

const filmOf = async url => {
  const film = document.createElement('video')
  film.muted = film.playsInline = true
  film.preload = 'auto'
  film.src = url
  try {
    await next(film, 'loadeddata')
    // Recorders in browsers leave the length out; a leap to the end finds it.
    if (film.duration == 1 / 0) film.currentTime = 1e9, await next(film, 'seeked')
    if (film.videoWidth) return film
  } catch {}
  release(film)
}

// One picture a second, kept if it differs from all kept before. Long films are looked at in wider steps.
const watch = async (film, most, kept, ask, tell) => {
  const step = max(1, film.duration / most)
  let last
  for (let at = 0; at == 0 || at < film.duration; at += step) {
    let value, quality, again
    film.currentTime = min(at + .005, film.duration)
    await next(film, 'seeked')
    // A busy device may still hold the picture from before the leap: the very same is looked at once more.
    do {
      if (again) await new Promise(done => setTimeout(done, LAGGING))
      const bitmap = await createImageBitmap(film);
      ({value, quality} = await ask({bitmap}, [bitmap]))
    } while (value == last && (again = !again))
    last = value
    if (quality >= GOOD && kept.every(frame => apart(frame.value, value) > CHANGED_BITS)) kept.push({type: 'pdq', value, quality})
    tell((at + step) / film.duration)
  }
}

const page = () => {
  const part = document.querySelector('[data-fingerprint]')
  if (!part || !self.OffscreenCanvas) return
  const find = name => part.querySelector(name), input = find('[type=file]'), field = find('[name=hashes]')
  const form = part.closest('form'), bar = find('progress'), said = find('[role=status]'), off = find('button')
  const worker = new Worker(document.currentScript.src)
  let turn = 0, busy, held

  // A new choice, or none, ends what is still being done about the last one, here and in the worker.
  const over = () => {
    worker.postMessage({turn: ++turn})
    field.value = ''
    held = null
    return turn
  }

  const look = async (file, most, mine, report) => {
    const tell = share => {
      if (mine != turn) throw 'over'
      report(min(1, share))
    }
    const ask = (message, hand, tell) => new Promise(resolve => {
      const {port1, port2} = new MessageChannel()
      port1.onmessage = ({data: {answer, part}}) => answer ? resolve(answer) : mine == turn && tell?.(part)
      worker.postMessage({...message, turn: mine}, [port2, ...hand])
    })
    if (!file.size) return [[], 'empty']
    const url = URL.createObjectURL(file), head = await file.slice(4, 12).text().catch(() => '')
    let film
    try {
      const small = file.size <= MOST, pixels = small ? await pixelsOf(url) : 0
      const picture = small && pixels <= MOST
      film = pixels ? null : await filmOf(url)
      const {sha256, md5, value, quality, why} = await ask({file, picture}, [], share => tell(film ? share / 2 : share))
      if (!sha256) return [[], why]
      const hashes = [{type: 'sha256', value: sha256}, {type: 'md5', value: md5}]
      if (value) return [[{type: 'pdq', value, quality}, ...hashes]]
      if (why) return [hashes, why]
      if (pixels) return [hashes, picture ? 'small' : 'large']
      if (!film) return [hashes, /^ftyp(he[iv]|mif1|msf1)/.test(head) ? 'heic' : small ? 'broken' : 'large']
      const kept = []
      await watch(film, most, kept, ask, share => tell(.5 + share / 2)).catch(() => {})
      return [[...kept, ...hashes], kept[0] ? '' : 'flat']
    } finally {
      release(film)
      URL.revokeObjectURL(url)
    }
  }

  const show = (state, share) => {
    bar.hidden = share == null
    bar.value = share || 0
    off.hidden = !field.value && bar.hidden
    said.textContent = state.map(name => part.dataset[name]).join(' ')
  }

  const begin = async () => {
    const mine = over(), files = [...input.files].slice(0, MOST_FILES), found = [], whys = new Set()
    busy = true
    if (input.files.length > MOST_FILES) whys.add('many')
    for (const file of files) {
      const tell = share => show([held ? 'wait' : 'working'], (files.indexOf(file) + share) / files.length)
      tell(0)
      const [hashes, why] = await look(file, floor(MOST_HASHES / files.length) - 2, mine, tell).catch(() => [[], 'broken'])
      if (mine != turn) return
      found.push(...hashes)
      if (why) whys.add(why)
    }
    // The name of a file tells something too: it does not stay on the page.
    input.value = ''
    if (found[0]) field.value = JSON.stringify(found)
    if (found[0]) whys.add(found.some(({type}) => type == 'pdq') ? 'ready' : 'exact')
    show([...whys])
    busy = false
    if (held) form.requestSubmit(held == part ? null : held)
  }

  // Who goes on too early waits for the fingerprint; who presses again goes without it.
  form.onsubmit = event => {
    if (!busy || held) return
    event.preventDefault()
    held = event.submitter || part
    show(['wait'], bar.value)
  }

  input.onchange = () => input.files.length && begin()
  off.onclick = () => {
    over()
    busy = false
    input.value = ''
    show([])
    input.focus()
  }
  const able = yes => {
    find('[data-none]').hidden = yes
    find('[data-some]').hidden = !yes
  }
  worker.onerror = () => able(false)
  able(true)
  show(field.value ? ['ready'] : [])
}

self.document ? page() : work()
