"""Goes through a film once, decoding as little as the tier needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from av.container import InputContainer
from av.error import EOFError as EndOfFilm
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from odzew.hashing.data import Frame
from odzew.hashing.video_container import DECODERS, largest_first, packets_of, size_of
from odzew.hashing.video_data import Tier, VideoLimits
from odzew.hashing.video_luma import pdq_of_frame, turned_of_frame
from odzew.hashing.video_sampling import Always, ByTime, Kept, Timeline

EVERY: Final = 1.0
KEY_SPACING: Final = 1.9
GAP: Final = 2.0
LONGEST_GAP: Final = 12.0
LEAST_LOOKS: Final = 8
FREE_PACKETS: Final = 200
PACKETS_PER_FREE_ONE: Final = 40
MOST_DAMAGE: Final = 10_000
PENDING_BYTES: Final = 64 << 20
MOST_UNSEEN: Final = 720
Skip: TypeAlias = Literal["DEFAULT", "NONREF", "NONKEY"]
Rough: TypeAlias = Literal["default", "noref"]


@dataclass(slots=True, kw_only=True)
class Account:
    """What the look has cost so far, and why it ended early, if it did."""

    limits: VideoLimits
    kept: Kept
    turned: bool
    decoded: int = 0
    work: int = 0
    damaged: int = 0
    seconds: float = 0.0
    stopped: str = ""

    def count(self, *, frames: Sequence[VideoFrame]) -> None:
        """Count decoded pictures, and stop the look where these were the last ones allowed."""
        self.decoded += len(frames)
        self.work += sum(frame.width * frame.height for frame in frames)
        if self.decoded >= self.limits.decoded or self.work >= self.limits.work:
            self.stop()

    def reach(self, *, at: float) -> None:
        """Note that the look came to `at` seconds, and stop it where no more may be looked at."""
        self.seconds = max(self.seconds, at)
        if at > self.limits.seconds:
            self.stop()

    def damage(self) -> None:
        """Count one place that could not be decoded; a film of nothing else is left alone."""
        self.damaged += 1
        if self.damaged >= MOST_DAMAGE:
            self.stop()

    def stop(self) -> None:
        """End the look here."""
        self.stopped = f"The film is too long or too large: only its first {self.seconds:.0f} seconds were looked at."


class Look:
    """One stream of pictures: decodes it, and hashes one picture `every` so many seconds, or each one where that is 0.

    `skip` names the pictures that are not decoded, `rough` those whose block edges are not smoothed, in FFmpeg's words. Both are
    only ever pictures that no other picture is made from, so all others come out exactly as a player shows them.
    """

    def __init__(
        self, *, stream: VideoStream, account: Account, every: float, skip: Skip = "DEFAULT", rough: Rough = "default"
    ) -> None:
        self._account, self._codec = account, stream.codec_context
        self._timeline = Timeline(rate=stream.average_rate)
        self._wants = ByTime(every=every) if every else Always()
        self._codec.thread_count = 1
        self._codec.thread_type = "NONE"
        self._codec.skip_frame = skip
        self._codec.options = {"max_pixels": str(account.limits.pixels), "skip_loop_filter": rough}

    def take(self, packet: Packet[VideoStream]) -> None:
        """Go one packet further."""
        for frame in self.decode(packet):
            self.see(frame)

    def finish(self) -> None:
        """See what the decoder still holds at the end of the film."""
        for frame in self.decode(None):
            self.see(frame)

    def decode(self, packet: Packet[VideoStream] | None) -> Sequence[VideoFrame]:
        """Return the pictures that come out of the decoder for this packet; damage is counted and passed over.

        None ends the decoding: nothing comes out afterwards.
        """
        try:
            frames = self._codec.decode(packet)
            self._account.count(frames=frames)
            return frames
        except EndOfFilm:
            return ()
        except MemoryError:
            raise
        except (FFmpegError, ValueError):
            self._account.damage()
            return ()

    def see(self, frame: VideoFrame, *, always: bool = False) -> None:
        """Hash the picture if its time has come, or `always`."""
        at = self._timeline.at(stamp=_seconds(frame.pts, frame))
        self._account.reach(at=at)
        if always or self._wants.wants(at=at):
            self._hash(frame, at)

    def _hash(self, frame: VideoFrame, at: float) -> None:
        kept = self._account.kept
        hashed = Frame(at=round(at, 3), pdq=pdq_of_frame(frame=frame))
        if kept.add(frame=hashed) and self._account.turned:
            kept.frames[-1] = replace(hashed, turned=turned_of_frame(frame=frame))
        if kept.left_out:
            self._account.stop()


class KeyLook(Look):
    """Decodes key frames, and between two that are far apart what is needed for a picture every `gap` seconds, as far as that is cheap.

    To see a picture between two key frames, those since the key frame must be decoded. The first 200 such pictures are free, then one
    for every 40 of the film; beyond that only a gap of 12 seconds, or of 720 pictures, is filled. So a short film is seen every
    2 seconds, and a long one costs little more than its key frames.
    """

    def __init__(self, *, stream: VideoStream, account: Account, spacing: float, gap: float) -> None:
        super().__init__(stream=stream, account=account, every=0.0, skip="NONKEY")
        self._spacing, self._gap = spacing, gap
        self._clock = Timeline(rate=stream.average_rate)
        self._pending: list[Packet[VideoStream]] = []
        self._held = self._unseen = 0
        self._free = float(FREE_PACKETS)
        self._last = self._key = -spacing

    def take(self, packet: Packet[VideoStream]) -> None:
        """Go one packet further: decode it, hold it back for a later one that needs it, or forget those held back."""
        now = self._clock.at(stamp=_seconds(packet.pts if packet.dts is None else packet.dts, packet))
        self._free += 1 / PACKETS_PER_FREE_ONE
        if packet.is_keyframe:
            self._forget()
            self._key = now
        self._pending.append(packet)
        self._held += packet.size
        self._unseen += 1
        if packet.is_keyframe and (now - self._last >= self._spacing or self._unseen > MOST_UNSEEN):
            self._decode_all(self._pending, skip="NONKEY")
        elif self._must_see(now - max(self._last, self._key)):
            self._free -= len(self._pending)
            self._decode_all(self._pending, skip="NONREF")
        else:
            return
        self._last, self._unseen = now, 0
        self._forget()

    def finish(self) -> None:
        """See the last of what the decoder still holds at the end of the film."""
        self._decode_all([None], skip="NONREF")

    def _must_see(self, since: float) -> bool:
        if since >= max(LONGEST_GAP, self._gap) or self._held > PENDING_BYTES or self._unseen > MOST_UNSEEN:
            return True
        return since >= self._gap and len(self._pending) <= self._free

    def _decode_all(self, packets: Sequence[Packet[VideoStream] | None], *, skip: Skip) -> None:
        """Decode the packets; see the key frames among the pictures and, where others were decoded as well, the last of them."""
        self._codec.skip_frame = skip
        last: VideoFrame | None = None
        for packet in packets:
            for frame in self.decode(packet):
                last = frame
                if frame.key_frame:
                    self.see(frame, always=True)
            if self._account.stopped:
                return
        if last is not None and not last.key_frame and skip == "NONREF":
            self.see(last, always=True)

    def _forget(self) -> None:
        self._pending, self._held = [], 0


class Walk:
    """One pass over the streams of pictures in a film; what it finds goes to `kept`."""

    def __init__(self, *, container: InputContainer, tier: Tier, turned: bool, limits: VideoLimits, kept: Kept) -> None:
        self._container, self._tier = container, tier
        self.account = Account(limits=limits, kept=kept, turned=turned)
        self._unread, self._more = set[str](), 0
        self.streams = self._choose(limits=limits)
        self._looks = {stream.index: self._look(stream) for stream in self.streams}

    def go(self) -> None:
        """Read the film to its end, to the damage that ends it, or to a limit."""
        for packet in packets_of(container=self._container, streams=self.streams, damage=self.account.damage):
            self._looks[packet.stream.index].take(packet)
            if self.account.stopped:
                return
        for look in self._looks.values():
            look.finish()

    def notes(self) -> Iterator[str]:
        """Yield what a person must know, one sentence each."""
        account = self.account
        if account.kept.left_out:
            yield f"The film changes too often: only its first {len(account.kept.frames)} different pictures were kept."
        elif account.stopped:
            yield account.stopped
        if account.damaged:
            yield f"The film is damaged in {account.damaged} places; what could be decoded was hashed."
        if self._unread:
            yield f"It has pictures in {'; in '.join(sorted(self._unread))}."
        if self._more:
            yield f"It has {self._more} more streams of pictures; they were not looked at."
        if account.kept.looked and not account.kept.frames:
            yield "All its pictures are too flat to be matched by likeness; it matches only exactly."

    def _choose(self, *, limits: VideoLimits) -> list[VideoStream]:
        """Return the streams to look at, the largest first; a cover picture only where a film is checked, or where it is all there is."""
        read = []
        for stream in self._container.streams.video:
            codec = stream.codec_context
            if codec is None or codec.name not in DECODERS:
                self._unread.add(
                    "a form of coding that is not read here" if codec is None else f"{codec.name}, which is not read here"
                )
            elif size_of(codec=codec) > limits.pixels:
                self._unread.add(f"{codec.width} x {codec.height}, more than {limits.pixels:,} pixels")
            else:
                read.append(stream)
        wanted = largest_first(streams=read, covers=self._tier != "known")
        self._more = max(0, len(wanted) - limits.streams)
        return wanted[: limits.streams]

    def _look(self, stream: VideoStream) -> Look:
        """Return how to look at the stream: at steps that become wider for long films and narrower for those of a few seconds."""
        account = self.account
        if self._tier == "known":
            return Look(stream=stream, account=account, every=0.0)
        length = _length(self._container)
        widest = min(length, account.limits.seconds) / account.limits.frames

        def step(usual: float) -> float:
            return max(widest, min(usual, length / LEAST_LOOKS) if length else usual)

        if self._tier == "key":
            return KeyLook(stream=stream, account=account, spacing=step(KEY_SPACING), gap=step(GAP))
        if self._tier == "nonref":
            return Look(stream=stream, account=account, every=step(EVERY), skip="NONREF")
        return Look(stream=stream, account=account, every=step(EVERY), rough="noref")


def _length(container: InputContainer) -> float:
    return max(0.0, (container.duration or 0) / 1_000_000)


def _seconds(stamp: int | None, thing: VideoFrame | Packet[VideoStream]) -> float | None:
    return float(stamp * thing.time_base) if stamp is not None and thing.time_base else None
