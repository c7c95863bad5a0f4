"""The words of Meta's Hasher-Matcher-Actioner, so that its clients switch without other code: `/h/*`, `/m/*` and `/c/*`.

Where to start: `urls` lists every word with who may use it; `door` lets callers in and turns errors into sentences. What they do is what
the desk's own calls do: `lookup` asks as `POST /api/v1/check` does, `banks` changes banks as `odzew bank` does. Source of the words: the
public interface of facebook/ThreatExchange, hasher-matcher-actioner 1.1; what differs is in docs/hma.md.
"""
