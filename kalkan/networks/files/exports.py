"""What people download of their own accounts: X, Instagram, Facebook, Mastodon. In a folder, a .zip, or file by file.

Owns: the shapes of those exports and their faults (Meta writes UTF-8 as if it were Latin-1). Promises bounded memory,
items as rows named like Kalkan's fields, and that nothing is unpacked to disk. Never takes in what was not public
where the export says so.
"""

from __future__ import annotations

import html
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import regex

from kalkan.errors import InvalidInput
from kalkan.networks.files.tables import HEAD, Row
from kalkan.networks.markup import plain

_NAMES: Final = {
    "x_archive": regex.compile(r"(^|/)tweets?(-part\d+)?\.js$"),
    "mastodon_outbox": regex.compile(r"(^|/)outbox\.json$"),
    "instagram_export": regex.compile(
        r"(^|/)(posts_\d+|archived_posts|reels|igtv_videos|(post|reels)_comments(_\d+)?)\.json$"
    ),
    "facebook_export": regex.compile(
        r"(^|/)(your_posts(_.*)?|your_uncategorized_photos|comments|your_comments(_.*)?|group_posts_and_comments|your_posts_in_groups"
        r"|your_comments_in_groups)\.json$"
    ),
}
_LARGEST: Final = 8 << 30
_LARGEST_RATIO: Final = 300
_MOST_MEMBERS: Final = 500_000
_LARGEST_ITEM: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an export: on disk, or a member of a .zip."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """How a person is told of it."""
        return self.member or self.path.name

    def open(self) -> IO[bytes]:
        """The bytes, unpacked as they are read."""
        if not self.member:
            return self.path.open("rb")
        # ZipFile counts its readers: closed now, it stays open until this stream is closed.
        with zipfile.ZipFile(self.path) as archive:
            return archive.open(self.member)


def find(path: Path) -> tuple[str, tuple[Part, ...]] | None:
    """Which export lies at ``path`` (a folder, a .zip, or one file of one), and its files in order.

    :raises InvalidInput: a .zip that is damaged, locked, or unpacks to something monstrous.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*.js*") if file.is_file() and not file.is_symlink())
        return _chosen([(file.relative_to(path).as_posix(), Part(file)) for file in files])
    if path.suffix.lower() == ".zip":
        return _chosen([(name, Part(path, name)) for name in _members(path)])
    kind = _by_content(Part(path)) if path.suffix.lower() in (".js", ".json") else None
    return (kind, (Part(path),)) if kind else None


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InvalidInput("file_unreadable", path=path.name, detail=str(error)[:200]) from error
    if len(infos) > _MOST_MEMBERS:
        raise InvalidInput("file_zip_too_large", path=path.name)
    names = []
    for info in infos:
        wanted = any(pattern.search(info.filename.lower()) for pattern in _NAMES.values())
        if not wanted and not info.filename.endswith(("account.js", "actor.json")):
            continue
        if info.filename.startswith(("/", "\\")) or ".." in info.filename.replace("\\", "/").split("/"):
            continue
        if info.flag_bits & 1:
            raise InvalidInput("file_zip_locked", path=path.name)
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > _LARGEST or (info.file_size > 64 << 20 and ratio > _LARGEST_RATIO):
            raise InvalidInput("file_zip_too_large", path=path.name)
        names.append(info.filename)
    return sorted(names)


def _chosen(parts: list[tuple[str, Part]]) -> tuple[str, tuple[Part, ...]] | None:
    for kind, pattern in _NAMES.items():
        found = tuple(part for name, part in parts if pattern.search(name.lower()))
        agreeing = tuple(part for part in found if _by_content(part) == kind)
        if agreeing:
            return kind, agreeing
    return None


def _by_content(part: Part) -> str | None:
    try:
        with part.open() as file:
            head = file.read(HEAD).decode("utf-8", "replace")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise InvalidInput("file_unreadable", path=part.name, detail=str(error)[:200]) from error
    if regex.match(r"\s*window\.YTD\.tweets?\.", head):
        return "x_archive"
    if '"orderedItems"' in head and '"OrderedCollection' in head:
        return "mastodon_outbox"
    keys = set(regex.findall(r'"([a-z_0-9]+)"\s*:', head))
    if keys & {"comments_v2", "group_posts_v2", "group_comments_v2"} or (
        "timestamp" in keys and keys & {"data", "attachments"}
    ):
        return "facebook_export"
    if keys & {"creation_timestamp", "string_list_data", "string_map_data"}:
        return "instagram_export"
    return None


def owner(path: Path, kind: str) -> tuple[str, str]:
    """Id and handle of the account an export is of, where a file beside the posts says so; else empty."""
    wanted = {"x_archive": "account.js", "mastodon_outbox": "actor.json"}.get(kind)
    if not wanted:
        return "", ""
    try:
        if path.suffix.lower() == ".zip":
            name = next((name for name in _members(path) if name.rpartition("/")[2] == wanted), "")
            part = Part(path, name) if name else None
        else:
            folder = path if path.is_dir() else path.parent
            part = next((Part(file) for file in sorted(folder.rglob(wanted)) if not file.is_symlink()), None)
        if part is None:
            return "", ""
        with part.open() as file:
            text = file.read(HEAD).decode("utf-8", "replace")
        found = json.loads(text[text.index("=") + 1 :] if kind == "x_archive" else text)
        if kind == "x_archive":
            account = found[0]["account"]
            return f"x:{account['accountId']}", str(account["username"])
        return str(found["id"]), f"{found['preferredUsername']}@{str(found['id']).split('/')[2]}"
    except (ValueError, KeyError, IndexError, TypeError, OSError, zipfile.BadZipFile):
        return "", ""


def rows(kind: str, parts: Iterable[Part]) -> Iterator[Row]:
    """Every item of the export's files, as fields or as a fault."""
    shape = _SHAPES[kind]
    for part in parts:
        start = '"orderedItems"' if kind == "mastodon_outbox" else ""
        try:
            with part.open() as file:
                for number, item in enumerate(_items(file, start), 1):
                    yield from _shaped(f"{part.name} item {number}", item, shape)
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
            yield Row(part.name, None, "damaged", str(error)[:80])


def _shaped(where: str, item: object, shape: Callable[[Any], list[dict[str, Any] | str]]) -> Iterator[Row]:
    if not isinstance(item, dict):
        yield Row(where, None, "bad_json", str(item)[:80])
        return
    try:
        found = shape(item)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        yield Row(where, None, "bad_shape", f"{type(error).__name__}: {error}"[:80])
        return
    for cells in found:
        yield Row(where, None, cells) if isinstance(cells, str) else Row(where, cells)


_NEXT_ITEM: Final = regex.compile(r"\}\s*,\s*(?=\{)")


def _items(file: IO[bytes], start: str) -> Iterator[object]:
    """The elements of the first array after ``start``, one after another; what cannot be read comes as its text.

    Reads on only while an element is incomplete, so that memory is bounded by the largest element.
    """
    decode = json.JSONDecoder().raw_decode
    text, position, more, step = "", 0, True, 1 << 20
    began = False
    pending = b""
    while True:
        if more:
            chunk = file.read(step)
            more = bool(chunk)
            pending, new = _split(pending + chunk, last=not more)
            text, position = text[position:] + new, 0
        if not began:
            at = text.find(start) if start else 0
            opening = text.find("[", at) if at >= 0 else -1
            if opening < 0:
                if not more:
                    return
                continue
            began, position = True, opening + 1
        while True:
            position = _skip(text, position)
            if position < len(text) and text[position] == "]":
                return
            try:
                item, end = decode(text, position)
            except RecursionError:
                item, end = text[position : position + 80], _resume(text, position)
            except ValueError:
                if more and len(text) - position < _LARGEST_ITEM:
                    step = max(1 << 20, len(text) - position)
                    break
                if not text[position:].strip():
                    return
                item, end = text[position : position + 80], _resume(text, position)
            else:
                # A number or word cut off at the end of what was read would decode as a shorter one.
                if end == len(text) and more:
                    break
            yield item
            position = end


def _split(data: bytes, *, last: bool) -> tuple[bytes, str]:
    """Text of all whole UTF-8 signs in ``data``, and the bytes of a last one that is not complete yet."""
    keep = 0
    if not last:
        for back in range(1, min(4, len(data)) + 1):
            byte = data[-back]
            if byte & 0xC0 == 0xC0:
                keep = back if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else 0
                break
            if byte < 0x80:
                break
    whole = data[: len(data) - keep]
    return data[len(data) - keep :], whole.decode("utf-8", "replace")


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,\ufeff":
        position += 1
    return position


def _resume(text: str, position: int) -> int:
    match = _NEXT_ITEM.search(text, position)
    return match.end() if match else len(text)


# ---------------------------------------------------------------------------------------------- shapes


def _x(item: dict[str, Any]) -> list[dict[str, Any] | str]:
    tweet = item.get("tweet", item)
    text = html.unescape(str(tweet.get("full_text") or tweet.get("text") or ""))
    if text.startswith("RT @"):
        return ["repost"]
    entities = tweet.get("entities") or {}
    links = []
    quote = None
    for url in entities.get("urls") or ():
        real = str(url.get("expanded_url") or url["url"])
        text = text.replace(str(url["url"]), real)
        links.append(real)
        if match := regex.match(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/\w+/status/(\d+)", real):
            quote = match[1]
    media = (tweet.get("extended_entities") or entities).get("media") or ()
    for picture in media:
        text = text.replace(str(picture.get("url") or "\0"), "").rstrip()
    handles = [name["screen_name"] for name in entities.get("user_mentions") or () if name.get("screen_name")]
    replied = tweet.get("in_reply_to_screen_name")
    lang = str(tweet.get("lang") or "")
    return [
        {
            "id": tweet.get("id_str") or tweet.get("id"),
            "text": text,
            "created_at": tweet["created_at"],
            "langs": [] if lang in ("und", "zxx") or lang.startswith("q") else [lang],
            "reply_to": tweet.get("in_reply_to_status_id_str") or tweet.get("in_reply_to_status_id"),
            "quote_of": quote,
            "links": links,
            "tags": [tag["text"] for tag in entities.get("hashtags") or ()],
            "handles": list(dict.fromkeys([*([replied] if replied else []), *handles])),
            "media": len(media),
            "likes": tweet.get("favorite_count"),
            "reposts": tweet.get("retweet_count"),
        }
    ]


def mended(text: object) -> str:
    """Meta's exports write each UTF-8 byte as if it were a Latin-1 letter: ``Ã¸`` is ``ø``. Sound text stays."""
    written = str(text or "")
    try:
        return written.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return written


def _instagram(item: dict[str, Any]) -> list[dict[str, Any] | str]:
    for nested in item.values():
        if (
            isinstance(nested, list)
            and nested
            and all(isinstance(one, dict) for one in nested)
            and "media" in nested[0]
        ):
            return [row for one in nested for row in _instagram(one)]
    if "string_map_data" in item:
        return [_instagram_map(item["string_map_data"])]
    if "string_list_data" in item:
        # The title is whose post was commented on.
        return [
            {"text": mended(said.get("value")), "created_at": said["timestamp"], "url": said.get("href") or None}
            for said in item["string_list_data"]
        ]
    media = item.get("media")
    pieces = [media] if isinstance(media, dict) else list(media or ())
    times = [piece["creation_timestamp"] for piece in pieces if piece.get("creation_timestamp")]
    titles = [item.get("title"), *(piece.get("title") for piece in pieces)]
    return [
        {
            "text": next((mended(title) for title in titles if title), ""),
            "created_at": item.get("creation_timestamp") or (min(times) if times else item["creation_timestamp"]),
            "media": len(pieces),
            "own_id": pieces[0].get("uri") if pieces else None,
        }
    ]


def _instagram_map(found: Mapping[str, Any]) -> dict[str, Any]:
    # The labels are in the language of the account; the comment is the first that holds words and is no account name.
    texts = {mended(label).lower(): mended(entry.get("value")) for label, entry in found.items() if entry.get("value")}
    times = [entry["timestamp"] for entry in found.values() if entry.get("timestamp")]
    said = texts.get("comment") or texts.get("yorum") or next(iter(texts.values()))
    return {"text": said, "created_at": times[0]}


def _facebook(item: dict[str, Any]) -> list[dict[str, Any] | str]:
    nested = [one for value in item.values() if isinstance(value, list) for one in value if isinstance(one, dict)]
    if "timestamp" not in item and any("timestamp" in one for one in nested):
        return [row for one in nested for row in _facebook(one)]
    attached = [
        piece for block in item.get("attachments") or () if isinstance(block, dict) for piece in block.get("data") or ()
    ]
    texts, poll, links, media = [], [], [], 0
    for piece in item.get("data") or ():
        said = piece.get("post") or (piece.get("comment") or {}).get("comment")
        if said:
            texts.append(mended(said))
    for piece in attached:
        if "media" in piece:
            media += 1
            texts.append(mended(piece["media"].get("description")))
        if "external_context" in piece and piece["external_context"].get("url"):
            links.append(str(piece["external_context"]["url"]))
        if "poll" in piece:
            texts.append(mended(piece["poll"].get("question")))
            poll = [mended(choice.get("option")) for choice in piece["poll"].get("options") or ()]
    text = "\n".join(dict.fromkeys(said for said in texts if said)) or "\n".join(links)
    return [{"text": text, "created_at": item["timestamp"], "media": media, "links": links, "poll": poll}]


def _outbox(item: dict[str, Any]) -> list[dict[str, Any] | str]:
    if item.get("type") == "Announce":
        return ["repost"]
    note = item["object"]
    audience = [note.get("to"), note.get("cc")]
    if not any("#Public" in address or address == "as:Public" for address in map(str, _flat(audience))):
        return ["not_public"]
    tags = [tag for tag in note.get("tag") or () if isinstance(tag, dict)]
    attached = [piece for piece in note.get("attachment") or () if isinstance(piece, dict)]
    choices = note.get("oneOf") or note.get("anyOf") or ()
    return [
        {
            "id": note["id"],
            "author_id": note.get("attributedTo") or item.get("actor"),
            "text": plain(str(note.get("content") or "")).text,
            "created_at": note.get("published") or item["published"],
            "edited_at": note.get("updated"),
            "langs": [lang for lang in (note.get("contentMap") or {}) if lang != "und"],
            "reply_to": note.get("inReplyTo"),
            "quote_of": note.get("quote") or note.get("quoteUrl"),
            "url": note.get("url"),
            "warning": note.get("summary") or None,
            "tags": [str(tag.get("name", "")).lstrip("#") for tag in tags if tag.get("type") == "Hashtag"],
            "handles": [str(tag.get("name", "")).lstrip("@") for tag in tags if tag.get("type") == "Mention"],
            "media": len(attached),
            "media_alts": [str(piece["name"]) for piece in attached if piece.get("name")],
            "labels": ["sensitive"] if note.get("sensitive") else [],
            "poll": [str(choice.get("name", "")) for choice in choices],
        }
    ]


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        elif value:
            yield value


_SHAPES: Final[dict[str, Callable[[Any], list[dict[str, Any] | str]]]] = {
    "x_archive": _x,
    "instagram_export": _instagram,
    "facebook_export": _facebook,
    "mastodon_outbox": _outbox,
}
NETWORKS: Final = {
    "x_archive": "x",
    "instagram_export": "instagram",
    "facebook_export": "facebook",
    "mastodon_outbox": "mastodon",
}
"""Which network an export is of."""
