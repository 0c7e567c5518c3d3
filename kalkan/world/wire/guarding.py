"""What the world's servers let a person do against abuse: mutes, blocks, thread gates, reports, notification policies.

Owns the state of those deeds and the answers of both networks to them. Promises the status codes and bodies of the real
servers. Changes nothing that is told in timelines or streams: who is muted still speaks.

Sources: as :mod:`kalkan.networks.acting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kalkan.world.events import Person
from kalkan.world.wire import names

Told = tuple[int, dict[str, Any]]
GATE: Final = "app.bsky.feed.threadgate"
BLOCK: Final = "app.bsky.graph.block"
_POLICY: Final = {
    "for_not_following": "accept", "for_not_followers": "accept", "for_new_accounts": "accept",
    "for_private_mentions": "filter", "for_limited_accounts": "filter",
}  # fmt: skip


@dataclass(slots=True)
class BlueskyGuards:
    """Bluesky's side: muted accounts by whose they are, records of blocks and gates by address, reports in order."""

    muted: dict[str, set[str]] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def record(self, uri: str) -> Told | None:
        """A gate or a block; None where there is none."""
        value = self.records.get(uri)
        return (200, {"uri": uri, "cid": names.blob(repr(value).encode()), "value": value}) if value else None

    def answer(self, did: str, method: str, told: Mapping[str, Any]) -> Told | None:
        """The answer to a call by ``did``; None where it is nothing of ours."""
        collection = told.get("collection")
        uri = f"at://{did}/{collection}/{told.get('rkey')}"
        match method:
            case "app.bsky.graph.muteActor":
                self.muted.setdefault(did, set()).add(str(told.get("actor")))
                return 200, {}
            case "app.bsky.graph.unmuteActor":
                self.muted.setdefault(did, set()).discard(str(told.get("actor")))
                return 200, {}
            case "com.atproto.moderation.createReport":
                self.reports.append({**told, "reportedBy": did})
                return 200, {"id": len(self.reports), **told, "reportedBy": did}
            case "com.atproto.repo.createRecord" if collection == BLOCK and isinstance(told.get("record"), dict):
                made = f"at://{did}/{BLOCK}/3k{len(self.records):011d}"
                self.records[made] = dict(told["record"])
                return 200, {"uri": made, "cid": names.blob(made.encode())}
            case "com.atproto.repo.putRecord" if collection == GATE and isinstance(told.get("record"), dict):
                if told["record"].get("post") != f"at://{did}/app.bsky.feed.post/{told.get('rkey')}":
                    return 400, {"error": "InvalidRequest", "message": "a gate has the key of its post"}
                self.records[uri] = dict(told["record"])
                return 200, {"uri": uri, "cid": names.blob(uri.encode())}
            case "com.atproto.repo.deleteRecord" if collection in (GATE, BLOCK):
                self.records.pop(uri, None)
                return 200, {}
        return None


@dataclass(slots=True)
class MastodonGuards:
    """Mastodon's side: relationships and policies by whose they are (a person's key), reports in order."""

    people: Mapping[str, Person]
    account: Callable[[Person], dict[str, Any]]
    muted: dict[str, set[str]] = field(default_factory=dict)
    blocked: dict[str, set[str]] = field(default_factory=dict)
    policies: dict[str, dict[str, str]] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def answer(
        self, person: Person, method: str, parts: list[str], fields: Mapping[str, Any], query: Callable[[str], str]
    ) -> Told | None:
        """The answer to a request of ``person``; None where it is nothing of ours."""
        match method, parts:
            case "GET", ["api", "v2", "search"] if query("type") == "accounts":
                return 200, {"accounts": self._search(query("q")), "statuses": [], "hashtags": []}
            case "POST", ["api", "v1", "accounts", number, "mute" | "unmute" | "block" | "unblock" as deed]:
                return self._relate(person, number, deed)
            case "POST", ["api", "v1", "reports"]:
                self.reports.append({**fields, "by": person.key})
                return 200, {"id": str(len(self.reports)), "action_taken": False, "comment": fields.get("comment", "")}
            case "GET", ["api", "v2", "notifications", "policy"]:
                return 200, self._policy(person)
            case "PATCH", ["api", "v2", "notifications", "policy"]:
                wanted = {name: str(value) for name, value in fields.items() if name in _POLICY}
                if any(value not in ("accept", "filter", "drop") for value in wanted.values()):
                    return 422, {"error": "Validation failed: not a policy"}
                self.policies[person.key] = {**_POLICY, **self.policies.get(person.key, {}), **wanted}
                return 200, self._policy(person)
        return None

    def _policy(self, person: Person) -> dict[str, Any]:
        summary = {"pending_requests_count": 0, "pending_notifications_count": 0}
        return {**_POLICY, **self.policies.get(person.key, {}), "summary": summary}

    def _search(self, wanted: str) -> list[dict[str, Any]]:
        accounts = [self.account(one) for one in self.people.values() if one.network == "mastodon"]
        name = wanted.lstrip("@").lower()
        return [one for one in accounts if name in (one["acct"].lower(), one["url"].lower(), one["uri"].lower())]

    def _relate(self, person: Person, number: str, deed: str) -> Told:
        if not any(self.account(one)["id"] == number for one in self.people.values() if one.network == "mastodon"):
            return 404, {"error": "Record not found"}
        kept = self.muted if "mute" in deed else self.blocked
        own = kept.setdefault(person.key, set())
        own.discard(number) if deed.startswith("un") else own.add(number)
        muting, blocking = (number in one.get(person.key, set()) for one in (self.muted, self.blocked))
        return 200, {"id": number, "muting": muting, "blocking": blocking}
