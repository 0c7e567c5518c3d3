"""The rule table as a page: what the check says, when, and what lowers it.

Owns that page's words, made from :mod:`kalkan.room.rules` so that it cannot say anything else. Decides nothing.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from kalkan.room.calendar import kept
from kalkan.room.releases import RULES
from kalkan.room.rules import ALONE, DEFAULT, RELEASES, VERSION
from kalkan.room.shapes import CODES, KINDS

_FOUND: Final = {
    "grave_story": "a grave story now, in the draft's language or market; nothing of it in the draft",
    "contact": "words of the draft belong to a grave story",
    "light_contact": "words of the draft belong to a story of protest, lost work, unsafe goods or illness",
    "hijack": "a tag the brand never used, which people fill with grief or testimony",
    "goods_in_grief": "mourns and sells, jokes or shows the goods in one breath",
    "conditional_gift": "gives only if people follow, like or buy",
    "own_crisis": "the brand's own open trouble: entered as a fact, or told in the room by its name",
    "two_readings": "a word with a second sense that is live in a grave story",
    "two_readings_light": "… in a story that is not grave",
    "two_readings_own": "… in the brand's own trouble",
    "solemn_day": "a day of remembrance that the market keeps, or declared mourning",
    "solemn_eve": "… that begins while the post is still in view",
    "solemn_day_named": "… that the draft itself names",
    "cause_day": "a day for a cause",
    "cause_day_named": "… that the draft itself names",
    "holy_day": "a holy day or night",
    "holy_day_named": "… that the draft itself names",
    "sweeping": "a sweeping word on a group of people",
    "words_only": "a cause in words, with no sum and recipient, no policy, and no act on record",
    "record_gap": "a cause against which the record speaks",
    "divisive": "a side taken where people are divided",
    "open_call": "an open call by a brand that people are cross with",
    "in_court": "a play on what people say is before a court",
    "late_word": "comfort or help that comes after people have asked for days",
    "silence": "nothing is said, and people name the brand for it",
}


def page() -> str:
    """The reference page, in Markdown."""
    order = {"hold": "**hold**", "care": "care", "go": "·"}
    lines = [
        "# Rules of the room check\n",
        f"Version {VERSION}. Go: nothing speaks against it. Care: a person looks first. Hold: ask a person. The"
        " strongest finding decides; a finding without evidence that opens cannot be made.\n",
        "## What each finding weighs, by what the draft does\n",
        f"| found | {' | '.join(KINDS)} |",
        f"|---|{'---|' * len(KINDS)}",
    ]
    for name, table in ALONE.items():
        if name != "silence":
            lines.append(f"| `{name}` {_FOUND[name]} | {' | '.join(order[table[kind]] for kind in KINDS)} |")
    lines.append(f"\n`silence` ({_FOUND['silence']}) is asked of no draft: it weighs {ALONE['silence']['silence']}.")
    lines += ["\n## What lowers a finding\n", "| rule | when | lowers | to |", "|---|---|---|---|"]
    for name, (tables, to) in RELEASES.items():
        said = " ".join((RULES[name].__doc__ or "").split())
        lines.append(f"| `{name}` | {said} | {', '.join(f'`{one}`' for one in tables)} | {to} |")
    never = sorted(set(ALONE) - {one for tables, _ in RELEASES.values() for one in tables})
    lines.append(f"\nNothing lowers: {', '.join(f'`{one}`' for one in never)}.\n")
    lines += ["## Floors\n", "| floor | value |", "|---|---|"]
    lines += [f"| `{one.name}` | {getattr(DEFAULT, one.name)} |" for one in fields(DEFAULT)]
    lines += [
        "\nShares are of the room's posts in the story's language; voices are different authors. What each floor is for"
        " stands in `kalkan/room/rules.py`.\n",
        "## Reason codes\n",
        ", ".join(f"`{code}`" for code in CODES) + ".\n",
        "## Days that are known\n",
        f"{len(kept())} observances in `kalkan/room/words/observances.txt`, and public holidays that are days of"
        " mourning from the package `holidays`. A day only ever blocks; none is a reason to post or to sell. Mourning"
        " that is declared is put in by hand.\n",
    ]
    return "\n".join(lines)
