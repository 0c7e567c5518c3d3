"""Commands that take files: import, read, figures."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kalkan import config as settings
from kalkan.errors import InvalidInput, KalkanError
from kalkan.sentences import say, tell

if TYPE_CHECKING:
    from kalkan.archive import Archive
    from kalkan.archive.spark import Cluster
    from kalkan.brands import Brand
    from kalkan.pipeline import Imported, Read


def bring(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan import``: files into the archive. A bad row is counted; after a bad file the others go on."""
    config = settings.load(os.environ, data=parsed.data)
    _mapping(parsed.map)  # a wrong one is told before anything is opened
    from kalkan import archive as archives
    from kalkan import pipeline, reading
    from kalkan.desk.ready import ready
    from kalkan.reading.local import reader_pool

    ready(config)
    from kalkan.desk import listening

    archive = archives.open(config.archive)
    brands = listening.brands()
    _brand_file(config.data / "brands.json", brands)
    failed = 0
    with reader_pool(reading.current(), config.readers) as readers:
        read = pipeline.reading_by(readers)
        for name in parsed.files:
            try:
                done = _bring_one(Path(name), parsed, lang, archive=archive, read=read, brands=brands)
            except KalkanError as error:
                print(f"{Path(name).name}: {tell(error, lang)}", file=sys.stderr)
                failed += 1
                continue
            figures = {"posts": done.posts, "repeats": done.repeats, "mentions": done.mentions}
            print(say("import_done", {"name": Path(name).name, **figures}, lang=lang))
            for one in done.rejects.values():
                kept = {"n": one.n, "kind": one.kind, "example": one.example}
                print(say("import_kept_out", kept, lang=lang), file=sys.stderr)
    return 1 if failed else 0


def _brand_file(path: Path, brands: Sequence[Brand]) -> None:
    """Leave the brands for commands that never open the desk, where the worker has not done so yet."""
    from kalkan import brand_files

    known = {one.slug for one in brand_files.read(path)} if path.exists() else set()
    if not {one.slug for one in brands} <= known:
        brand_files.write(path, brands)


def _bring_one(
    path: Path, parsed: argparse.Namespace, lang: str, *, archive: Archive, read: Read, brands: Sequence[Brand]
) -> Imported:
    """Announce what a file is taken for, then bring it in."""
    from kalkan import pipeline
    from kalkan.networks import files

    mapping = _mapping(parsed.map) or None
    kind = files.recognise(path, mapping=mapping)
    if kind.mapping:
        pairs = ", ".join(f"{field}={column}" for field, column in kind.mapping.items())
        print(say("import_taken", {"name": path.name, "mapping": pairs}, lang=lang), file=sys.stderr)
    if kind.ignored:
        left = {"name": path.name, "columns": ", ".join(kind.ignored)}
        print(say("import_left_out", left, lang=lang), file=sys.stderr)
    if kind.mapping and not {"author_id", "author_handle"} & kind.mapping.keys():
        print(say("import_no_authors", {"name": path.name}, lang=lang), file=sys.stderr)
    line = _progress(path.name)
    now = pipeline.utc_now()
    try:
        return pipeline.bring_in(
            files.read(path, mapping=mapping, network=parsed.network, now=now),
            files.source_of(path),
            archive=archive,
            read=read,
            brands=brands,
            now=now,
            progress=lambda so_far: line(so_far.posts + so_far.repeats),
        )
    finally:
        line(None)


def _mapping(given: Iterable[str]) -> dict[str, str]:
    found = {}
    for pair in given:
        field, sign, column = pair.partition("=")
        if not (field and sign and column):
            raise InvalidInput("mapping_wrong", given=pair)
        found[field.strip()] = column.strip()
    return found


def _progress(name: str) -> Callable[[int | None], None]:
    """A line that counts, on a terminal only; called with ``None`` at the end."""
    if not sys.stderr.isatty():
        return lambda n: None
    begun = time.monotonic()

    def line(n: int | None) -> None:
        if n is None:
            print(file=sys.stderr)
        else:
            rate = n / max(time.monotonic() - begun, 0.001)
            print(f"\r{name}  {n:,}  ({rate:,.0f}/s)", end="", file=sys.stderr, flush=True)

    return line


def read(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan read``: any table in, the same rows and their readings out."""
    from kalkan.reading.tables import read_table

    line = _progress(parsed.file)
    done: Any = read_table(
        parsed.file if parsed.file == "-" else Path(parsed.file),
        parsed.out if parsed.out == "-" else Path(parsed.out),
        text=parsed.text,
        tier=parsed.tier,
        progress=lambda rows, done, total: line(rows),
    )
    line(None)
    for one in done.rejects:
        kept = {"n": one.n, "kind": one.kind, "example": one.example}
        print(say("import_kept_out", kept, lang=lang), file=sys.stderr)
    print(say("read_done", {"rows": done.rows, "recipe": done.recipe}, lang=lang), file=sys.stderr)
    return 0


def figures(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan figures``: a question as JSON in, its figures as JSON out."""
    config = settings.load(os.environ, data=parsed.data)
    if parsed.master and parsed.engine != "spark":
        raise InvalidInput("reread_master_without_spark", master=parsed.master)
    from kalkan import archive as archives
    from kalkan.figures import answer, from_json

    text = sys.stdin.buffer.read() if parsed.ask == "-" else Path(parsed.ask).read_bytes()
    ask = from_json(text)
    archive = archives.open(config.archive, create=False)
    if parsed.engine == "local":
        print(answer(ask, archive).to_json())
        return 0
    with _on_cluster(archive, parsed.master) as there:
        print(answer(ask, there).to_json())
    return 0


@contextlib.contextmanager
def _on_cluster(archive: Archive, master: str | None) -> Iterator[Cluster]:
    """The archive asked on a Spark cluster: that of ``master``, or two workers on this machine."""
    try:
        from kalkan.archive.spark import Cluster
        from kalkan.reading.cluster import cluster
        from kalkan.reading.spark import session
    except ImportError as error:
        raise InvalidInput("spark_missing") from error
    with contextlib.ExitStack() as stack:
        address = master or stack.enter_context(cluster())
        yield Cluster(archive, stack.enter_context(session(address, memory="" if master else "768m")))


def stories(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan stories``: a table replayed in its own time, an alarm a line."""
    from kalkan.stories import replay_file

    line = _progress(parsed.file)
    done = replay_file(Path(parsed.file), sys.stdout, as_json=parsed.json, progress=lambda so_far, of: line(so_far))
    line(None)
    for one in done.rejects:
        kept = {"n": one.n, "kind": one.kind, "example": one.example}
        print(say("import_kept_out", kept, lang=lang), file=sys.stderr)
    print(say("stories_done", {"posts": done.posts, "alarms": done.alarms}, lang=lang), file=sys.stderr)
    return 0
