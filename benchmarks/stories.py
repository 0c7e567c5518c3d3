"""How soon and how surely stories are found: planted bursts, real crises, a quiet inbox; and what it costs.

Planted curves follow the simulation that the field's methods were compared by: five-minute counts, negative binomial,
daily and weekly season, a ramp of half an hour, four weeks of history. Real windows come from the shared folder where
it is there; labels are used for scoring only. Misses are in the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.stories_cost import following, memory, throughput
from benchmarks.stories_meaning import in_step, two_languages
from benchmarks.stories_planted import two_languages_planted
from benchmarks.texts import SHARED
from kalkan.stories.curves import CurveRules, Curves
from kalkan.stories.detect import DAY, WEEK, Rules
from kalkan.stories.replay import Alarm, replay

Counts = npt.NDArray[np.float64]
BINS = WEEK // 5
PLANTED = [(base, size, times) for base, size in ((1, 1.5), (10, 4.0), (100, 10.0)) for times in (2, 4, 10)]


def run(*, quick: bool = False) -> dict[str, Any]:
    """All figures; ``quick`` takes few trials and no real windows."""
    curves, oracle = planted_curves(trials=6 if quick else 30), bound(trials=4 if quick else 40)
    figures: dict[str, Any] = {"planted_curves": beside(curves, oracle)}
    figures["planted_stories"] = planted_stories(trials=2 if quick else 8)
    figures["throughput"] = throughput(n=20_000 if quick else 200_000)
    figures["following"] = following(n=30_000 if quick else 300_000)
    figures["two_languages"] = two_languages(seeds=1 if quick else 5)
    figures["two_languages_planted"] = two_languages_planted(seeds=1 if quick else 3)
    figures["in_step"] = in_step(crowds=20 if quick else 200)
    figures["memory"] = memory(terms_wanted=50_000 if quick else 1_000_000)
    if not quick and (SHARED / "data" / "stream_replay.parquet").exists():
        figures["real_windows"] = real_windows()
        figures["volume_curves"] = volume_curves()
        figures["quiet"] = quiet()
        figures["forecasts"] = forecasts()
        figures["cross_validated"] = cross_validated(plain=figures["real_windows"], calm_plain=figures["quiet"])
    return figures


# — planted curves —


def _season() -> Counts:
    at = np.arange(BINS)
    season = np.exp(0.8 * np.sin(2 * np.pi * (at / 12 % 24 - 9) / 24)) * (1 - 0.15 * (at // 288 % 7 >= 5))
    even: Counts = season / season.mean()
    return even


def _minutes(rng: np.random.Generator, bins: Counts) -> Counts:
    """Counts of five minutes dealt out over the minutes, (trials, bins) → (trials, 5·bins)."""
    dealt = rng.multinomial(bins.astype(np.int64), [0.2] * 5)
    return dealt.reshape(len(bins), -1).astype(np.float64)


def planted_curves(*, trials: int, seed: int = 7, ramp: int = 6) -> list[dict[str, Any]]:
    """Delay, share found within six hours, false alarms a day and curve; ours beside the methods of the field."""
    rng = np.random.default_rng(seed)
    season = _season()
    base = np.repeat([[b] for b, _, _ in PLANTED], trials, axis=0)
    size = np.repeat([[s] for _, s, _ in PLANTED], trials, axis=0)
    times = np.repeat([[t] for _, _, t in PLANTED], trials, axis=0)
    mean = np.tile(base * season, (1, 5))
    calm = rng.poisson(rng.gamma(size, mean / size)).astype(np.float64)
    onset = rng.integers(2 * 288, 5 * 288, len(base)) + 4 * BINS
    planted = calm.copy()
    for row, at in enumerate(onset):
        last = min(calm.shape[1], at + 72)
        shape = np.minimum(1, (np.arange(last - at) + 1) / ramp)
        planted[row, at:last] += rng.poisson(mean[row, at:last] * (times[row, 0] - 1) * shape)
    rules = CurveRules(mute=0)
    found: dict[str, tuple[Counts, Counts]] = {}
    curves = Curves(2 * len(base), rules=rules)
    delay = np.full(len(base), np.nan)
    false = np.zeros(len(base))
    both = np.concatenate([_minutes(rng, planted), _minutes(rng, calm)])
    for minute in range(both.shape[1]):
        for which in curves.hear(minute, both[:, minute]).curve.tolist():
            row = which % len(base)
            if which >= len(base):
                false[row] += minute >= 4 * WEEK
            elif np.isnan(delay[row]) and 0 <= minute - onset[row] * 5 < 360:
                delay[row] = minute + 1 - onset[row] * 5
    found["ours"] = delay, false
    found |= _field(calm, planted, onset)
    report = []
    for at, (b, _, t) in enumerate(PLANTED):
        part = slice(at * trials, (at + 1) * trials)
        entry: dict[str, Any] = {"usual_per_5_min": b, "burst": t}
        for name, (delays, alarms) in found.items():
            entry[name] = {
                "median_min": _median(delays[part]),
                "found": round(float(np.mean(~np.isnan(delays[part]))), 3),
                "false_per_day": round(float(alarms[part].sum() / trials / 7), 3),
            }
        report.append(entry)
    for t in (4, 10):
        some = np.repeat([times_ == t for _, _, times_ in PLANTED], trials)
        report.append({"burst": t, "all_rates_ours_median_min": _median(found["ours"][0][some])})
    return report


def _median(values: Counts) -> float | None:
    known = values[~np.isnan(values)]
    return round(float(np.median(known)), 1) if len(known) else None


def _field(calm: Counts, planted: Counts, onset: npt.NDArray[np.int64]) -> dict[str, tuple[Counts, Counts]]:
    """The methods of the field on the same counts: z > 4, z > 3 twice running, CUSUM on z (k 1, h 8)."""
    names = ("z > 4", "z > 3 twice", "CUSUM on z")
    out = {name: (np.full(len(calm), np.nan), np.zeros(len(calm))) for name in names}
    for row in range(len(calm)):
        past = calm[row, : 4 * BINS].reshape(4, BINS)
        mean = np.array([np.convolve(np.r_[w[-6:], w, w[:6]], np.ones(13) / 13, "valid") for w in past]).mean(axis=0)
        spread = max(1.0, float(((past - mean) ** 2 / np.maximum(mean, 0.2)).mean()))
        sd = np.sqrt(spread * np.maximum(mean, 0.2))
        for series, is_planted in ((planted, True), (calm, False)):
            z = (series[row, 4 * BINS :] - mean) / sd
            twice = (z > 3) & np.r_[False, (z > 3)[:-1]]
            for name, alarms in zip(names, (z > 4, twice, _cusum(z)), strict=True):
                if is_planted:
                    at = onset[row] - 4 * BINS
                    hits = np.flatnonzero(alarms[at : at + 72])
                    out[name][0][row] = (hits[0] + 1) * 5 if len(hits) else np.nan
                else:
                    out[name][1][row] = alarms.sum()
    return out


def _cusum(z: Counts) -> npt.NDArray[np.bool_]:
    total, out = 0.0, np.zeros(len(z), dtype=np.bool_)
    for at, value in enumerate(z.tolist()):
        total = max(0.0, total + min(value, 6.0) - 1.0)
        if total > 8:
            out[at], total = True, 0.0
    return out


def bound(*, trials: int, seed: int = 8, a_day: float = 0.05) -> list[dict[str, Any]]:
    """What could be had: an oracle that is told the burst's size, its ramp, the true mean and spread, false ``a_day``.

    A CUSUM of the likelihood ratio, looked at every minute: of bursts that began one to 36 bins ago the largest ratio,
    against the bar that calm weeks pass in so many of their hours. Nobody knows that much; it says what is in the data.
    """
    rng = np.random.default_rng(seed)
    report = []
    for base, size in ((1, 1.5), (10, 4.0), (100, 10.0)):
        for times in (4, 10):
            mean = np.tile(base * _season(), (trials, 1))
            calm = rng.poisson(rng.gamma(size, mean / size)).astype(np.float64)
            onset = rng.integers(288, 6 * 288, trials)
            planted = calm.copy()
            for row, at in enumerate(onset.tolist()):
                shape = np.minimum(1, (np.arange(72) + 1) / 6)
                planted[row, at : at + 72] += rng.poisson(mean[row, at : at + 72] * (times - 1) * shape)
            scores = [_best(_minutes(rng, counts), mean, size=size, times=times) for counts in (calm, planted)]
            hourly = scores[0][:, : WEEK // 60 * 60].reshape(trials, -1, 60).max(axis=2)
            bar = float(np.quantile(hourly, 1 - a_day / 24))
            delays = np.full(trials, np.nan)
            for row, at in enumerate(onset.tolist()):
                hits = np.flatnonzero(scores[1][row, at * 5 : (at + 72) * 5] >= bar)
                delays[row] = hits[0] + 1 if len(hits) else np.nan
            report.append(
                {"usual_per_5_min": base, "burst": times, "median_min": _median(delays), "false_per_day": a_day}
            )
    return report


def _best(minutes: Counts, mean: Counts, *, size: float, times: float, ago: int = 36) -> Counts:
    """The oracle's score after each minute, (trials, 5·bins), from its counts; an open bin counts with its part."""
    dealt = minutes.reshape(len(minutes), -1, 5).cumsum(axis=2)
    rises = [1 + (times - 1) * min(1.0, (bin_ + 1) / 6) for bin_ in range(6)]

    def ratio(x: Counts, m: Counts, rise: float) -> Counts:
        found: Counts = x * np.log(rise) - (x + size) * np.log((size + rise * m) / (size + m))
        return found

    whole = [ratio(dealt[:, :, 4], mean, rise) for rise in rises]
    best = np.zeros_like(dealt)
    for minute in range(5):
        part = [ratio(dealt[:, :, minute], mean * (minute + 1) / 5, rise) for rise in rises]
        for since in range(1, ago + 1):
            score = part[min(since - 1, 5)].copy()
            for bin_ in range(since - 1):  # those that are over, since the burst would have begun
                back = since - 1 - bin_
                score[:, back:] += whole[min(bin_, 5)][:, :-back]
            np.maximum(best[:, :, minute], score, out=best[:, :, minute])
    return best.reshape(len(minutes), -1)


def beside(table: list[dict[str, Any]], oracle: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The table of planted curves with the oracle's delay in the rows that it was asked for."""
    known = {(row["usual_per_5_min"], row["burst"]): row for row in oracle}
    for row in table:
        if (found := known.get((row.get("usual_per_5_min"), row["burst"]))) is not None:
            row["oracle"] = {"median_min": found["median_min"], "false_per_day": found["false_per_day"]}
    return table


# — planted stories: whole posts —


def planted_stories(*, trials: int) -> list[dict[str, Any]]:
    """A story told into the made-up town's talk: minutes from onset to the alarm that shows it, and other alarms."""
    from kalkan.world.world import bursts

    start = datetime(2026, 3, 2, tzinfo=UTC)
    onset = start + timedelta(hours=40, minutes=7)
    report = []
    for rate in (60.0, 600.0):
        for factor in (4.0, 10.0):
            delays, others, hours = [], 0, 0.0
            for seed in range(max(1, trials // (4 if rate > 100 else 1))):
                events = list(
                    bursts(
                        seed=seed, start=start, hours=44, base_rate=rate, onset=onset, factor=factor,
                        ramp=timedelta(minutes=30),
                    )
                )  # fmt: skip
                table = pa.table(
                    {
                        "text": [event.text for event in events],
                        "at": pa.array([event.at for event in events], pa.timestamp("us", tz="UTC")),
                        "author_id": [event.actor for event in events],
                    }
                )
                planted = {event.text for event in events if not event.key.startswith("everyday")}
                delay = None
                for alarm in replay(table):
                    told = sum(text in planted for text in alarm.examples) * 2 > len(alarm.examples)
                    if told and delay is None:
                        delay = (alarm.at - onset).total_seconds() / 60
                    others += not told
                hours += 44
                delays.append(np.nan if delay is None else delay)
            values = np.array(delays)
            report.append(
                {
                    "posts_per_hour": rate,
                    "burst": factor,
                    "median_min": _median(values),
                    "found": round(float(np.mean(~np.isnan(values))), 3),
                    "other_alarms_per_day": round(others / hours * 24, 3),
                }
            )
    return report


# — real windows —

WINDOWS = (
    ("crisislex-t6", "2013_Boston_Bombings", "2013-04-15T18:49"),
    ("crisislex-t6", "2013_West_Texas_Explosion", "2013-04-18T00:50"),
    ("crisislex-t26", "2012_Costa_Rica_earthquake", "2012-09-05T14:42"),
    ("crisislex-t26", "2012_Guatemala_earthquake", "2012-11-07T16:35"),
    ("crisislex-t26", "2012_Italy_earthquakes", "2012-05-20T02:03"),
    ("crisislex-t26", "2012_Italy_earthquakes", "2012-05-29T07:00"),
    ("crisislex-t26", "2013_Russia_meteor", "2013-02-15T03:20"),
    ("crisislex-t26", "2013_Brazil_nightclub_fire", "2013-01-27T04:30"),
    ("crisislex-t26", "2013_Savar_building_collapse", "2013-04-24T02:57"),
    ("crisislex-t26", "2013_LA_airport_shootings", "2013-11-01T16:20"),
    ("crisislex-t26", "2013_Boston_bombings", "2013-04-15T18:49"),
    ("crisislex-t26", "2013_West_Texas_explosion", "2013-04-18T00:50"),
)


def _stream() -> pa.Table:
    return pq.read_table(SHARED / "data" / "stream_replay.parquet")


def _window(stream: pa.Table, source: str, target: str | None) -> pa.Table:
    some = pc.equal(stream["source"], source)
    if target is not None:
        some = pc.and_(some, pc.equal(stream["target"], target))
    return stream.filter(some)


def _alarms(window: pa.Table, margin: float = 0.0) -> list[Alarm]:
    """The detector sees texts, languages and times, nothing else."""
    posts = window.select(["text", "lang", "created_at"]).rename_columns(["text", "lang", "at"])
    return list(replay(posts, rules=Rules(margin=margin)))


def real_windows(*, within: timedelta = timedelta(hours=12), margin: float = 0.0) -> dict[str, Any]:
    """Delay from onset, and from the moment at which five different posts about it existed; found: within 12 hours.

    An alarm shows the event when most of its examples are labelled as about it.
    """
    stream, rows, heard = _stream(), [], {}
    for source, target, when in WINDOWS:
        onset = datetime.fromisoformat(when).replace(tzinfo=UTC)
        window = _window(stream, source, target)
        on_topic = {
            text
            for text, label in zip(window["text"].to_pylist(), window["label"].to_pylist(), strict=True)
            if label == "on-topic" or (label or "").startswith("Related")
        }
        times, texts = window["created_at"].to_pylist(), window["text"].to_pylist()
        seen: dict[str, datetime] = {}
        for at, text in zip(times, texts, strict=True):
            if at >= onset and text in on_topic:
                seen.setdefault(text, at)
        fifth = sorted(seen.values())[4]
        if (source, target) not in heard:
            heard[source, target] = _alarms(window, margin)
        alarms = heard[source, target]
        hit = next(
            (
                alarm
                for alarm in alarms
                if onset <= alarm.at <= onset + within
                and sum(text in on_topic for text in alarm.examples) * 2 > len(alarm.examples)
            ),
            None,
        )
        rows.append(
            {
                "window": f"{source} {target}",
                "onset": when,
                "posts_before": sum(at < onset for at in times),
                "fifth_post_min": round((fifth - onset).total_seconds() / 60, 1),
                "delay_min": round((hit.at - onset).total_seconds() / 60, 1) if hit else None,
                "after_fifth_min": round((hit.at - fifth).total_seconds() / 60, 1) if hit else None,
                "gravity": hit.gravity if hit else None,
                "alarms_before": sum(alarm.at < onset for alarm in alarms),
                "alarms_next_day": sum(onset <= alarm.at < onset + timedelta(days=1) for alarm in alarms),
            }
        )
    after = [row["after_fifth_min"] for row in rows if row["after_fifth_min"] is not None]
    return {
        "windows": rows,
        "found": round(len(after) / len(rows), 3),
        "median_delay_min": float(np.median([row["delay_min"] for row in rows if row["delay_min"] is not None])),
        "median_after_fifth_min": float(np.median(after)),
    }


ONSETS = {
    "2012_Costa_Rica_earthquake": "2012-09-05T14:42",
    "2012_Guatemala_earthquake": "2012-11-07T16:35",
    "2012_Italy_earthquakes": "2012-05-20T02:03",
    "2013_Russia_meteor": "2013-02-15T03:20",
    "2013_Brazil_nightclub_fire": "2013-01-27T04:30",
    "2013_Savar_building_collapse": "2013-04-24T02:57",
    "2013_LA_airport_shootings": "2013-11-01T16:20",
    "2013_West_Texas_explosion": "2013-04-18T00:50",
}


def volume_curves(*, within: timedelta = timedelta(hours=12)) -> dict[str, Any]:
    """True curves of whole crises, a count a minute: delay of the first alarm from onset and from the fifth post."""
    table = pq.read_table(SHARED / "data" / "volume_crisislex_t26.parquet")
    rows = []
    for target, when in ONSETS.items():
        window = table.filter(pc.equal(table["target"], target)).sort_by("minute")
        minute = (window["minute"].cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()).to_numpy() // 60).astype(np.int64)
        counts = window["tweets"].to_numpy()
        onset = int(datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()) // 60
        curves, alarms = Curves(1), []
        for at, count in zip(minute.tolist(), counts.tolist(), strict=True):
            if len(curves.hear(at, np.array([count])).curve):
                alarms.append(at + 1)
        later = minute >= onset
        fifth = int(minute[later][np.searchsorted(np.cumsum(counts[later]), 5)]) + 1
        hit = next((at for at in alarms if onset <= at <= onset + within.total_seconds() / 60), None)
        rows.append(
            {
                "curve": target,
                "minutes_before": int(onset - minute[0]),
                "delay_min": hit - onset if hit is not None else None,
                "after_fifth_min": hit - fifth if hit is not None else None,
                "alarms_before": sum(at < onset for at in alarms),
            }
        )
    after = [row["after_fifth_min"] for row in rows if row["after_fifth_min"] is not None]
    return {
        "curves": rows,
        "found": round(len(after) / len(rows), 3),
        "median_after_fifth_min": float(np.median(after)),
    }


def forecasts() -> list[dict[str, float]]:
    """Intervals made from all other events: how often they hold, and by what factor the middle is typically off."""
    from training.analogues import by_event, score

    return score(by_event())


def cross_validated(
    *, plain: dict[str, Any], calm_plain: Sequence[dict[str, Any]], margins: Sequence[float] = (-2.0, 0.0, 2.0)
) -> dict[str, Any]:
    """For each window the bar that does best on the *other* windows and the quiet inbox; what it gives here.

    Best: the least median delay after the fifth post among bars with at most one alarm a week in the quiet inbox.
    ``plain`` and ``calm_plain``: the figures with the bar as it is.
    """
    by_margin = {margin: (plain if margin == 0 else real_windows(margin=margin))["windows"] for margin in margins}
    inbox = QUIET[:1]
    calm = {
        margin: (calm_plain if margin == 0 else quiet(margin=margin, sources=inbox))[0]["a_week"] for margin in margins
    }
    chosen, delays = [], []
    for left_out in range(len(WINDOWS)):

        def cost(margin: float, left_out: int = left_out) -> tuple[bool, float]:
            others = [row["after_fifth_min"] for at, row in enumerate(by_margin[margin]) if at != left_out]
            return calm[margin] > 1, float(np.median([360 if one is None else one for one in others]))

        best = min(margins, key=cost)
        chosen.append(best)
        delays.append(by_margin[best][left_out]["after_fifth_min"])
    known = [one for one in delays if one is not None]
    return {
        "margins": list(margins),
        "quiet_a_week": [calm[margin] for margin in margins],
        "median_after_fifth_min": [
            float(np.median([row["after_fifth_min"] for row in rows if row["after_fifth_min"] is not None]))
            for rows in by_margin.values()
        ],
        "chosen": chosen,
        "left_out_found": round(len(known) / len(delays), 3),
        "left_out_median_after_fifth_min": float(np.median(known)),
    }


QUIET = ("twcs-spotifycares", "BaranBicen-2021", "BaranBicen-2022")


def quiet(*, margin: float = 0.0, sources: Sequence[str] = QUIET) -> list[dict[str, Any]]:
    """Windows in which nothing much is known to have happened: alarms a week."""
    stream, rows = _stream(), []
    for source in sources:
        window = _window(stream, source, None)
        days = (window["created_at"][-1].as_py() - window["created_at"][0].as_py()).total_seconds() / 86_400
        alarms = _alarms(window, margin)
        rows.append(
            {
                "window": source,
                "weeks": round(days / 7, 1),
                "alarms": len(alarms),
                "a_week": round(len(alarms) / days * 7, 2),
            }
        )
    return rows


__all__ = ["DAY", "run"]
