"""Which language a post is in: letters decide where a script belongs to one language, a small model elsewhere.

Every word gets one row of numbers, the same wherever it stands; a post is the sum over its words. The network's own
tags are weighed like a word or two: they say what a client was set to. So a short post goes with its tag, a long one
goes its own way, and where text and tag are as strong the language is doubted. Promises null where there are no letters
or two languages are as likely.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.reading import words as cut

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

TAGGED: Final = np.float32(2.0)  # what a tag adds to its language's score: odds of about 7 to 1
SIZES: Final = (1, 2, 3, 4)  # letters a piece; the whole word is one more piece

SCRIPTS: Final = (  # first letter, last letter, language; kana and Han are told apart below
    (0x0530, 0x058F, "hy"),
    (0x0590, 0x05FF, "he"),
    (0x0980, 0x09FF, "bn"),
    (0x0A00, 0x0A7F, "pa"),
    (0x0A80, 0x0AFF, "gu"),
    (0x0B80, 0x0BFF, "ta"),
    (0x0C00, 0x0C7F, "te"),
    (0x0C80, 0x0CFF, "kn"),
    (0x0D00, 0x0D7F, "ml"),
    (0x0D80, 0x0DFF, "si"),
    (0x0E00, 0x0E7F, "th"),
    (0x0E80, 0x0EFF, "lo"),
    (0x1000, 0x109F, "my"),
    (0x10A0, 0x10FF, "ka"),
    (0x1200, 0x137F, "am"),
    (0x1780, 0x17FF, "km"),
    (0x3040, 0x30FF, "ja"),
    (0x3400, 0x9FFF, "zh"),
    (0xAC00, 0xD7AF, "ko"),
)
_BY_SCRIPT: Final = tuple(sorted({name for _, _, name in SCRIPTS}))
_JA, _ZH = _BY_SCRIPT.index("ja"), _BY_SCRIPT.index("zh")
_STARTS: Final = np.array([low for low, _, _ in SCRIPTS], np.int64)
_ENDS: Final = np.array([high for _, high, _ in SCRIPTS], np.int64)
_WHO: Final = np.array([_BY_SCRIPT.index(name) for _, _, name in SCRIPTS], np.int64)


class Language:
    """The detector, from its weights: one row of scores for each hashed piece."""

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]], meta: Mapping[str, Any]) -> None:
        self.names: tuple[str, ...] = (*meta["languages"], *_BY_SCRIPT)
        self._known = len(meta["languages"])
        self._table: Floats = weights["lang_table"].astype(np.float32)
        self._scale: Floats = weights["lang_scale"].astype(np.float32)
        self._bias: Floats = weights["lang_bias"].astype(np.float32)
        self._heat = float(meta["lang_heat"])
        self._margin = float(meta["lang_margin"])
        self.width = self._known + 1 + len(_BY_SCRIPT)

    def rows(self, letters: cut.Codes, start: cut.Ints, length: cut.Ints, kind: npt.NDArray[np.uint8]) -> Floats:
        """One row a word: scores by language, pieces counted, letters by script. Links, signs, numbers give zeros.

        Words must come longest first.
        """
        out = np.zeros((len(start), self.width), np.float32)
        script = _script(letters[start]) if len(start) else np.zeros(0, np.int64)
        of_script = script >= 0
        out[np.flatnonzero(of_script), self._known + 1 + script[of_script]] = length[of_script]
        chosen = np.flatnonzero((kind == cut.LETTER) & ~of_script)
        if len(chosen):
            hashes, owner = pieces(letters, start[chosen], length[chosen], len(self._table))
            sums = np.zeros((len(chosen), self._known), np.float32)
            count = np.zeros(len(chosen), np.int64)
            for buckets, word in zip(hashes, owner, strict=True):
                count += cut.sums(self._table, buckets, word, sums)
            out[chosen, self._known] = count
            out[chosen, : self._known] = sums * self._scale
        return out

    def tagged(self, tags: pa.Array | None) -> Flags | None:
        """Which languages each row is tagged with, rows × those told apart by the model; None = no tags at all.

        ``tags`` is a column of lists of BCP 47 tags; only the language of a tag counts, unknown ones do not.
        """
        if tags is None or not len(tags.flatten()):
            return None
        first = pc.utf8_lower(pc.replace_substring_regex(tags.flatten(), r"(?s)[-_].*$", ""))
        which = pc.index_in(first, pa.array(self.names[: self._known], pa.string())).to_numpy(zero_copy_only=False)
        row = pc.list_parent_indices(tags).to_numpy()
        found = np.zeros((len(tags), self._known), bool)
        some = ~np.isnan(which) if which.dtype.kind == "f" else np.ones(len(which), bool)
        found[row[some], which[some].astype(np.int64)] = True
        return found

    def decide(
        self, sums: Floats, *, allowed: tuple[str, ...] = (), tagged: Flags | None = None
    ) -> tuple[npt.NDArray[np.int64], Floats]:
        """Index into ``names`` (-1 = not sure) and its calibrated probability, from the sums of :meth:`rows`."""
        known, count = sums[:, : self._known], sums[:, self._known : self._known + 1]
        logits = (known / np.sqrt(np.maximum(count, 1)) + self._bias) * self._heat
        if tagged is not None:
            logits = logits + tagged * TAGGED
        open_to = np.array([not allowed or name in allowed for name in self.names[: self._known]])
        if open_to.any():
            logits = np.where(open_to, logits, np.float32(-1e4))
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        at = np.arange(len(sums))
        best = shares.argmax(1)
        score = shares[at, best]
        shares[at, best] = -1
        second = shares.max(1)
        sure = (count[:, 0] > 0) & (score - second >= self._margin)
        if not open_to.any():
            sure &= False
        return self._by_script(sums, np.where(sure, best, -1), np.where(count[:, 0] > 0, score, 0), allowed)

    def _by_script(
        self, sums: Floats, best: npt.NDArray[np.int64], score: Floats, allowed: tuple[str, ...]
    ) -> tuple[npt.NDArray[np.int64], Floats]:
        signs = sums[:, self._known + 1 :].copy()
        kana = signs[:, _JA] * 10 >= signs[:, _ZH]
        both = (signs[:, _JA] > 0) & kana
        signs[both, _JA] += signs[both, _ZH]
        signs[both, _ZH] = 0
        total = signs.sum(1)
        # a Han sign carries about as much as two letters; a piece count is about four times the letters
        mine = (total > 0) & (total * 8 >= sums[:, self._known])
        top = signs.argmax(1)
        share = signs[np.arange(len(signs)), top] / np.maximum(total, 1)
        if allowed:
            mine &= np.array([name in allowed for name in _BY_SCRIPT])[top]
        return np.where(mine, top + self._known, best), np.where(mine, share, score).astype(np.float32)


def _script(first: cut.Codes) -> npt.NDArray[np.int64]:
    at = np.searchsorted(_STARTS, first.astype(np.int64), "right") - 1
    inside = (at >= 0) & (first <= _ENDS[np.maximum(at, 0)])
    return np.where(inside, _WHO[np.maximum(at, 0)], -1)


def pieces(
    letters: cut.Codes, start: cut.Ints, length: cut.Ints, buckets: int
) -> tuple[list[npt.NDArray[np.int64]], list[cut.Ints]]:
    """Buckets of each word's pieces, and whose they are, size by size; the whole word comes last."""
    mask = np.uint64(buckets - 1)
    found = cut.grams(letters, start, length, SIZES)
    hashes = [(one.hashes & mask).astype(np.int64) for one in found]
    owner = [one.word for one in found]
    hashes.append((cut.whole(letters, start, length) & mask).astype(np.int64))
    owner.append(np.arange(len(start), dtype=np.int64))
    return hashes, owner
