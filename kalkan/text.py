"""The only folding, splitting and measuring of text.

Owns: one form for comparing (``fold``), what a person sees (graphemes, hosts of links, clean text), and the little
Turkish grammar the interface needs. Promises: every function takes any string, hostile ones too, and none raises for
what it is given. Never decides what a text means.

Folding makes one form of what people write so that search, matching and reading agree: lower case, marks and invisible
signs stripped, all four of ``I ı İ i`` as ``i`` (what lower-casing does with them is wrong in Turkish whatever the
engine), both small sigmas as ``σ``. It is for comparing, never for showing.
"""

from __future__ import annotations

import unicodedata
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import regex

Texts: TypeAlias = "pa.Array | pa.ChunkedArray"

# Nonspacing and enclosing marks, and format characters (soft hyphen, zero-width signs, bidi controls).
_UNSEEN: Final = r"[\p{Mn}\p{Me}\p{Cf}]+"


def fold(text: str) -> str:
    """``text`` for comparing: compatibility form, lower case, no marks, one i, one sigma.

    Letter by letter by the kernels of :func:`fold_column`, so that the two cannot differ; a lone surrogate counts
    as ``?``.

    >>> fold("KIRMIZI") == fold("kırmızı") == "kirmizi"
    True
    >>> fold("ŞİKÂYET")
    'sikayet'
    """
    if text.isascii():
        return text.lower()
    if _REORDERED.search(text):
        return _fold_text(text)
    return text.translate(_FOLDED)


def fold_column(texts: Texts) -> Texts:
    """:func:`fold` for a column of strings. Shape and nulls stay; equal to folding row by row.

    Rows of plain ASCII, most of what is posted, only change case; the others take the whole way.
    """
    if isinstance(texts, pa.ChunkedArray):
        return pa.chunked_array([fold_column(chunk) for chunk in texts.chunks], type=texts.type)
    wide = pc.fill_null(pc.invert(pc.string_is_ascii(texts)), False)
    lowered = pc.ascii_lower(texts)
    if not pc.any(wide).as_py():
        return lowered
    return pc.replace_with_mask(lowered, wide, _fold_any(pc.filter(texts, wide)))


def _fold_any(texts: Texts) -> Texts:
    folded = pc.utf8_lower(pc.utf8_normalize(texts, "NFKD"))
    # Lower-casing may bring letters that decompose again (İ gives i and a dot), so marks go after it.
    folded = pc.replace_substring(pc.replace_substring(folded, "ı", "i"), "ς", "σ")
    return pc.replace_substring_regex(folded, _UNSEEN, "")


def _fold_text(text: str) -> str:
    column = pa.array([text.encode("utf-8", "replace").decode("utf-8")], pa.string())
    folded: str = _fold_any(column)[0].as_py()
    return folded


class _Folded(dict[int, str]):
    """What each letter folds to, asked of the kernels once, 256 letters at a time."""

    def __missing__(self, letter: int) -> str:
        block = range(letter & ~0xFF, (letter & ~0xFF) + 256)
        letters = ["?" if 0xD800 <= code < 0xE000 else chr(code) for code in block]
        self.update(zip(block, _fold_any(pa.array(letters)).to_pylist(), strict=True))
        return self[letter]


_FOLDED: Final = _Folded()
# Marks that take up room and yet are put in order by normalization: the only letters that do not fold one by one.
_REORDERED: Final = regex.compile(r"[^\P{M}\p{Mn}\p{Me}\p{Canonical_Combining_Class=0}]")


_SIGN: Final = regex.compile(r"\X")


def graphemes(text: str) -> int:
    """How many signs a reader sees: user-perceived characters (Unicode extended grapheme clusters, UAX #29)."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return sum(1 for _ in _SIGN.finditer(text))


def byte_length(text: str) -> int:
    """How many bytes ``text`` has in UTF-8; a lone surrogate counts the three bytes of its replacement sign."""
    return len(text.encode("utf-8", "surrogatepass"))


def cut(text: str, n: int, *, end: str = "…") -> str:
    """At most ``n`` graphemes of ``text``; where some are left off, ``end`` stands in the last place."""
    if n <= 0:
        return ""
    keep = max(0, n - graphemes(end))
    stops = [0]
    for sign in _SIGN.finditer(text):
        stops.append(sign.end())
        if len(stops) > n + 1:
            return text[: stops[keep]].rstrip() + end if keep else text[: stops[n]]
    return text


# Controls but tab and newline, and the characters that turn the direction of what follows (UAX #9).
_CONTROL: Final = r"[\x{00}-\x{08}\x{0B}\x{0C}\x{0E}-\x{1F}\x{7F}-\x{9F}\x{202A}-\x{202E}\x{2066}-\x{2069}]"
_CONTROLS: Final = regex.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]",
)
_SURROGATES: Final = regex.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` fit for showing and keeping: composed (NFC), newlines as ``\\n``, no controls, no turned direction.

    A lone surrogate becomes U+FFFD. Never raises.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _SURROGATES.sub("\ufffd", text)))


def clean_column(texts: Texts) -> Texts:
    """:func:`clean` for a column of strings. Shape and nulls stay."""
    texts = pc.replace_substring(pc.replace_substring(texts, "\r\n", "\n"), "\r", "\n")
    return pc.utf8_normalize(pc.replace_substring_regex(texts, _CONTROL, ""), "NFC")


_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}_]+(?:['’ʼ][\p{L}\p{M}\p{N}]+)*")


def words(text: str) -> list[str]:
    """The words of ``text`` in order, as written; an apostrophe inside belongs to its word (``Kalkan’ın``)."""
    found: list[str] = _WORD.findall(text)
    return found


_URL: Final = regex.compile(r"(?i)(?<![\w@])(?:https?://|www\.)[^\s<>\"“”«»`{}|^]+")
_CLOSERS: Final = {")": "(", "]": "["}


def urls(text: str) -> list[str]:
    """The web addresses written in ``text``, in order, without the punctuation that ends a sentence."""
    return [found for match in _URL.finditer(text) if len(found := _trim(match.group())) > len("https://")]


def _trim(url: str) -> str:
    while url:
        last = url[-1]
        if last in ".,;:!?'’…*_~" or (last in _CLOSERS and url.count(last) > url.count(_CLOSERS[last])):
            url = url[:-1]
        else:
            break
    return url


_TOGETHER: Final = ({"Han", "Hiragana", "Katakana"}, {"Han", "Hangul"}, {"Han", "Bopomofo"})
_SCRIPTS: Final = {
    name: regex.compile(rf"\p{{Script={name}}}")
    for name in [
        "Latin",
        "Cyrillic",
        "Greek",
        "Armenian",
        "Georgian",
        "Hebrew",
        "Arabic",
        "Devanagari",
        "Bengali",
        "Tamil",
        "Telugu",
        "Kannada",
        "Malayalam",
        "Gujarati",
        "Gurmukhi",
        "Thai",
        "Lao",
        "Khmer",
        "Myanmar",
        "Ethiopic",
        "Sinhala",
        "Han",
        "Hiragana",
        "Katakana",
        "Hangul",
        "Bopomofo",
    ]
}
# Letters of Cyrillic, Greek and Armenian that pass for Latin ones; a label of nothing else is shown in ASCII
# (the rule browsers keep for whole-script look-alikes).
_LOOKALIKE: Final = frozenset("асԁеһіјӏорԛѕԝхуъбгпԍкмнтвαικνορτυχցհոսօզե0123456789-")
# Latin letters and signs that pass for another Latin letter or a sign of the address itself.
_TRICKY: Final = frozenset("ɑɡɩʟɴʀʏɪǃǀꞌ⁄∕ʼ’·ꜱᴀᴄᴏᴠᴢꟾ")


def display_host(url: str) -> str:
    """The host that opening ``url`` would really reach, safe to show; empty where there is none.

    What stands before an ``@`` is no host. A label in letters of one script is shown as people write it; one that
    mixes scripts, or passes for Latin without being it, is shown in its ASCII form (``xn--…``).
    """
    text = regex.sub(r"[\x00-\x20\x7f]", "", clean(url)).replace("\\", "/")
    if regex.match(r"(?i)[a-z][a-z0-9+.\-]*:(?![\d/])", text):
        return ""  # mailto:, javascript: and their like have no host
    if not regex.match(r"(?i)[a-z][a-z0-9+.\-]*://", text):
        text = "https://" + text.lstrip("/")
    try:
        host = urlsplit(text).hostname or ""
    except ValueError:
        return ""
    host = unicodedata.normalize("NFKC", host).replace("。", ".").strip(".")
    labels = [_label(label) for label in host.lower().split(".")]
    return ".".join(labels) if all(labels) else ""


_ODD: Final[regex.Pattern[str]] = regex.compile(r"[^a-z0-9\-_:\[\]%]")


def _label(label: str) -> str:
    shown = label
    if label.startswith("xn--"):
        try:
            shown = label[4:].encode("ascii").decode("punycode")
        except (UnicodeError, ValueError, OverflowError):
            return _ODD.sub("", label)
    if shown.isascii():
        return label if label.startswith("xn--") else _ODD.sub("", shown)
    return shown if _honest(shown) else "xn--" + shown.encode("punycode", "replace").decode("ascii")


def _honest(label: str) -> bool:
    if set(label) <= _LOOKALIKE or set(label) & _TRICKY or unicodedata.normalize("NFKC", label) != label:
        return False
    if not all(sign == "-" or unicodedata.category(sign)[0] in "LMN" for sign in label):
        return False
    found = set()
    for sign in label:
        if unicodedata.category(sign)[0] == "L":
            found.add(next((name for name, script in _SCRIPTS.items() if script.match(sign)), "other"))
    return (len(found) <= 1 and "other" not in found) or any(found <= group for group in _TOGETHER)


_LOWER_TR: Final = str.maketrans({"İ": "i", "I": "ı"})
_UPPER_TR: Final = str.maketrans({"i": "İ", "ı": "I"})


def lower_tr(text: str) -> str:
    """Lower case as Turkish has it: I → ı, İ → i."""
    return unicodedata.normalize("NFC", text).translate(_LOWER_TR).lower()


def upper_tr(text: str) -> str:
    """Upper case as Turkish has it: i → İ, ı → I."""
    return unicodedata.normalize("NFC", text).translate(_UPPER_TR).upper()


_DIGITS: Final = ("sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
_TENS: Final = ("", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan")
_CASES: Final = {
    # case: (after a vowel, after a consonant); A = a/e, I = ı/i/u/ü, D = d/t
    "to": ("yA", "A"),
    "in": ("DA", "DA"),
    "from": ("DAn", "DAn"),
    "of": ("nIn", "In"),
    "object": ("yI", "I"),
    "with": ("ylA", "lA"),
}


def suffix(name: str, case: str) -> str:
    """``name`` with its Turkish case ending after an apostrophe, by sound: Burak’a, Ordu’da, 2.000’de, THY’nin.

    ``case``: to (-e), in (-de), from (-den), of (-in), object (-i), with (-le); any other leaves the name bare.
    Foreign names go by their spelling.
    """
    spoken = _spoken(name)
    vowels = [letter for letter in spoken if letter in "aıoueiöüâîû"]
    if not vowels or case not in _CASES:
        return name
    last = {"â": "a", "î": "i", "û": "u"}.get(vowels[-1], vowels[-1])
    ending = _CASES[case][0 if spoken[-1] in "aıoueiöüâîû" else 1]
    ending = ending.replace("A", "a" if last in "aıou" else "e")
    ending = ending.replace("I", {"a": "ı", "ı": "ı", "o": "u", "u": "u", "e": "i", "i": "i"}.get(last, "ü"))
    return f"{name}’{ending.replace('D', 't' if spoken[-1] in 'fstkçşhp' else 'd')}"


def _spoken(name: str) -> str:
    """How the end of ``name`` sounds: the last word, a number as it is read, initials letter by letter."""
    found = regex.findall(r"[\p{L}\p{M}]+|\d[\d.]*", unicodedata.normalize("NFC", name))
    if not found:
        return ""
    end = found[-1]
    if end[0].isdigit():
        return _number(regex.sub(r"\D", "", end))
    letters: str = regex.sub(r"[^a-zçğıöşüâîû]", "", lower_tr(end))
    if end.isupper() and not regex.search(r"[aeıioöuüâîû]", letters):
        return letters + "e"
    return letters


def _number(digits: str) -> str:
    # The last word of a number is its lowest digit that is not zero, or the rank that digit stands in.
    bare = digits.rstrip("0")
    zeros = len(digits) - len(bare)
    if not bare:
        return _DIGITS[0]
    if zeros == 0:
        return _DIGITS[int(bare[-1])]
    if zeros == 1:
        return _TENS[int(bare[-1])]
    ranks = ((12, "trilyon"), (9, "milyar"), (6, "milyon"), (3, "bin"), (2, "yüz"))
    return next(word for rank, word in ranks if zeros >= rank)
