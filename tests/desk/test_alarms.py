"""Alarms told: what concerns whom, quiet hours, cool-down, mails and posts that arrive once, signed, or again."""

from __future__ import annotations

import base64
import dataclasses
import email
import email.policy
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.conf import settings as django_settings
from django.utils import timezone

from kalkan.config import Config
from kalkan.desk import alarms, alarms_hook, alarms_mail, alarms_outbox, shelf, stories
from kalkan.desk.actions import alarms as acts
from kalkan.desk.models import AlarmHook, AlarmLetter, AlarmNotice, Membership
from kalkan.errors import Refused
from kalkan.networks.http import Door
from kalkan.stories.gravity import Gravity
from kalkan.stories.record import AlarmRow, Example, Part
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_stories import BEGAN, NOW, a_story, an_alarm, enter, keep_posts
from tests.desk.test_today import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


A_TOPIC = Part(name="topic:findik:palm oil", posts=3, authors=3, first=BEGAN, first_post="x")
CLAIMED = alarms_outbox.CLAIM + timedelta(seconds=1)


class Box:
    """A mail server on loopback: keeps what it takes, says no when it is told to."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.answer = "250 OK"
        self.port = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[Box]:
    """A running mail server."""
    held = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd wants to know its port beforehand
        held.port = free.getsockname()[1]
    server = Controller(held, hostname="127.0.0.1", port=held.port)
    server.start()
    yield held
    server.stop()


@pytest.fixture
def config(settings: Any, box: Box) -> Config:
    """The desk with a mail server."""
    settings.CONFIG = dataclasses.replace(
        django_settings.CONFIG, smtp_host="127.0.0.1", smtp_port=box.port, smtp_tls="none",
        mail_from="Kalkan <kalkan@desk.example>", public_url="https://desk.example",
    )  # fmt: skip
    found: Config = settings.CONFIG
    return found


class Ear:
    """A receiver of webhooks on loopback: keeps each message, answers with the statuses it is given, then 200."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        ear = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(ear.answers.pop(0) if ear.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def ear() -> Iterator[Ear]:
    held = Ear()
    yield held
    held.server.shutdown()
    held.server.server_close()


@pytest.fixture
def door() -> Iterator[Door]:
    """A way out that may reach loopback."""
    held = Door(allow_private=True)
    yield held
    held.close()


def wish(cast: Cast, who: Any, *, quiet: tuple[time, time] | None = None, on_call: bool = True) -> None:
    acts.wish(who, cast.findik, by_mail=True, quiet=quiet, on_call=on_call)


def began(config: Config) -> None:
    """The worker looks for the first time: from here on alarms are told."""
    enter()
    alarms_outbox.take(stories.opened(), now=NOW, config=config)


def last() -> Any:
    """The letter made last."""
    return AlarmLetter.objects.order_by("id").last()


def judged(seq: int) -> str:
    found = stories.opened().alarm(seq)
    return found.judged if found else "gone"


def raised(alarm: AlarmRow, *more: AlarmRow) -> None:
    enter(alarms=[alarm, *more])


def send(now: datetime, config: Config, door: Door | None = None) -> tuple[int, int]:
    """Turn alarms into letters and send what is due."""
    archive = shelf.opened()
    alarms_outbox.take(stories.opened(), now=now, config=config)
    return alarms_outbox.send_due(
        stories.opened(), now=now, mail=partial(alarms_mail.send, config=config, archive=archive),
        hook=partial(alarms_hook.send, config=config, archive=archive, door=door or Door()),
    )  # fmt: skip


# — what concerns whom —


@pytest.mark.parametrize(
    ("more", "floor", "ours", "theirs"),
    [
        ({"scope": "brand:findik", "watches": ()}, 4, True, False),
        ({"scope": "peer:findik:Çotanak", "watches": ()}, 4, True, False),
        ({"scope": "brand:cay", "watches": ()}, 0, False, True),
        ({"watches": (A_TOPIC,)}, 4, True, False),
        ({"watches": ()}, 2, True, True),
        ({"watches": ()}, 3, False, False),
        ({"watches": (), "examples": (Example(id="x", at=BEGAN, lang="de"),)}, 2, False, True),
        ({"watches": (), "scope": "market:de"}, 2, False, True),
        ({"watches": (), "gravity": Gravity()}, 0, True, True),
    ],
)  # fmt: skip
def test_what_concerns_whom(cast: Cast, more: dict[str, Any], floor: int, ours: bool, theirs: bool) -> None:
    alarm = an_alarm(a_story(), **more)
    assert alarms.concerns(alarm, cast.findik, floor=floor) is ours
    assert alarms.concerns(alarm, cast.cay, floor=floor) is theirs


# — mail —


def test_a_mail_tells_the_reason_the_posts_the_baseline_and_the_delay(cast: Cast, box: Box, config: Config) -> None:
    keep_posts()
    wish(cast, cast.ayse)
    wish(cast, cast.bora)
    began(config)
    raised(an_alarm(a_story(title="Derepazarı\r\nBcc: <b>kaza</b>")))
    assert send(NOW, config) == (2, 0)
    found = {mail["To"]: mail for mail in box.mails}
    english, turkish = found["ayse@example.com"], found["bora@example.com"]
    plain = english.get_body(("plain",)).get_content()
    for words in (
        "28 min after the first post", "9 min after the fifth author", "usual for this hour: 2.0",
        "kaza hakkında söz 0", "14 posts by 14 authors", "https://desk.example/stories/leak-1/",
    ):  # fmt: skip
        assert words in plain, words
    assert english["Subject"].strip() == "Alarm: Derepazarı Bcc: <b>kaza</b> (gravity 2)" and english["Bcc"] is None
    assert english["From"] == "Kalkan <kalkan@desk.example>" and english["Auto-Submitted"] == "auto-generated"
    markup = english.get_body(("html",)).get_content()
    assert "&lt;b&gt;kaza&lt;/b&gt;" in markup and "<b>kaza" not in markup and "<script" not in markup
    assert "kisi0.test" not in plain + markup, "no handles in a mail"
    assert "06:38" not in plain or "ağırlık" not in plain
    assert (
        "ağırlık 2" in turkish["Subject"] and "ilk gönderiden 28 dk sonra" in turkish.get_body(("plain",)).get_content()
    )
    assert send(NOW + timedelta(hours=1), config) == (0, 0), "once"


def test_a_crash_between_sending_and_noting_sends_again_under_the_same_name(
    cast: Cast, box: Box, config: Config, ear: Ear, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(cast, cast.ayse)
    hook, _secret = acts.add_hook(cast.ayse, cast.findik, name="Chat", url=ear.url, form="whole", lang="en")
    began(config)
    raised(an_alarm(a_story()))

    class Killed(BaseException):
        pass

    def killed(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(alarms_outbox, "_note", killed)
        for _ in range(2):
            with pytest.raises(Killed):
                send(NOW, config, door)
    assert len(box.mails) == len(ear.heard) == 1, "both went out, neither is noted"
    assert send(NOW + timedelta(seconds=30), config, door) == (0, 0), "somebody may be sending them still"
    assert send(NOW + CLAIMED, config, door) == (2, 0)
    assert send(NOW + 2 * CLAIMED, config, door) == (0, 0)
    assert len({mail["Message-ID"] for mail in box.mails}) == 1 < len(box.mails)
    keys = {headers["idempotency-key"] for headers, _body in ear.heard}
    assert len(keys) == 1 < len(ear.heard) and keys == {AlarmLetter.objects.get(hook=hook).key}


def test_a_crash_while_taking_neither_loses_nor_doubles(
    cast: Cast, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(cast, cast.ayse)
    wish(cast, cast.bora)
    began(config)
    raised(an_alarm(a_story()))
    whole, calls = alarms_outbox._letter, []

    def dies(*args: Any, **more: Any) -> int:
        calls.append(args)
        if len(calls) == 2:
            raise MemoryError
        return whole(*args, **more)

    with monkeypatch.context() as broken:
        broken.setattr(alarms_outbox, "_letter", dies)
        with pytest.raises(MemoryError):
            alarms_outbox.take(stories.opened(), now=NOW, config=config)
    assert not AlarmLetter.objects.exists() and not AlarmNotice.objects.exists()
    for _ in range(2):
        alarms_outbox.take(stories.opened(), now=NOW, config=config)
    assert AlarmLetter.objects.count() == 2 and AlarmNotice.objects.filter(brand=cast.findik).count() == 1


def test_quiet_hours_hold_mails_back_as_one_and_gravity_3_comes_through(cast: Cast, box: Box, config: Config) -> None:
    wish(cast, cast.ayse, quiet=(time(22), time(9, 30)))  # 09:10 in Istanbul
    wish(cast, cast.bora, quiet=(time(22), time(9, 30)), on_call=False)
    began(config)
    two = [an_alarm(a_story(f"s{n}", title=f"Konu {n}")) for n in (1, 2)]
    raised(*two)
    assert send(NOW, config) == (0, 0)
    assert "held in quiet hours until 09:30" in page(signed_in(cast.ayse), "/alarms/")
    raised(an_alarm(a_story("grave"), gravity=Gravity(level=3)))
    assert send(NOW, config) == (1, 0) and box.mails[0]["To"] == "ayse@example.com"
    assert send(NOW + timedelta(minutes=20), config) == (2, 0)
    morning = {mail["To"]: mail.get_body(("plain",)).get_content() for mail in box.mails[1:]}
    assert "Konu 1" in morning["ayse@example.com"] and "Konu 2" in morning["ayse@example.com"]
    assert box.mails[1]["Subject"].strip() in ("2 alarms in your quiet hours", "Sessiz saatlerinde 3 alarm")


@pytest.mark.parametrize(
    ("begin", "end", "minutes"),
    [
        (time(22), time(9, 30), 20),
        (time(9), time(9, 30), 20),
        (time(9, 11), time(9), None),
        (time(1), time(9, 10), None),
    ],
)
def test_quiet_hours_by_the_persons_clock(cast: Cast, begin: time, end: time, minutes: int | None) -> None:
    from kalkan.desk.models import AlarmWish

    row = AlarmWish(person=cast.ayse, brand=cast.findik, quiet_from=begin, quiet_until=end)
    until = alarms_outbox.quiet_until(row, NOW)
    assert until == (None if minutes is None else NOW + timedelta(minutes=minutes))


def test_cool_down_old_alarms_and_new_brands(cast: Cast, box: Box, config: Config) -> None:
    wish(cast, cast.ayse)
    raised(an_alarm(a_story("before")))
    began(config)
    assert not AlarmLetter.objects.exists(), "a desk that begins is not told what was before"
    row = a_story()
    raised(an_alarm(row))
    send(NOW, config)
    raised(an_alarm(row, at=BEGAN + timedelta(minutes=90)))
    raised(an_alarm(row, at=BEGAN + timedelta(minutes=95), gravity=Gravity(level=3)))
    old = an_alarm(a_story("old"), at=NOW - timedelta(hours=20), told_at=NOW - timedelta(hours=20))
    raised(old, an_alarm(a_story("late"), late=True))
    send(NOW, config)
    assert [mail["Subject"].rpartition("(")[2] for mail in box.mails] == ["gravity 2)", "gravity 3)"]
    assert {row.story: row.why_not for row in AlarmNotice.objects.exclude(why_not="")} == {
        "leak-1": "cool_down", "old": "old",
    }  # fmt: skip
    text = page(signed_in(cast.ayse), "/alarms/")
    assert "this story was told shortly before" in text and "already old when Kalkan came to it" in text
    assert "1 alarm, sent to nobody" in text


def test_a_mail_server_that_says_no(cast: Cast, box: Box, config: Config) -> None:
    wish(cast, cast.ayse)
    began(config)
    raised(an_alarm(a_story()))
    box.answer = "451 later"
    assert send(NOW, config) == (0, 1)
    letter = AlarmLetter.objects.get()
    assert letter.state == "waiting" and letter.due_at == NOW + timedelta(seconds=10)
    assert letter.fault == {"code": "mail_refused", "params": {"host": "127.0.0.1", "status": "451"}}
    box.answer = "550 no such person"
    now = NOW
    for _ in range(2):
        now = AlarmLetter.objects.get().due_at
        send(now, config)
    assert AlarmLetter.objects.get().state == "given_up", "three times no"
    raised(an_alarm(a_story("second")))
    gone = dataclasses.replace(config, smtp_port=1)
    assert send(now, gone) == (0, 1) and last().fault["code"] == "mail_unreachable"
    assert "could not be reached" in page(signed_in(cast.ayse), "/settings/alarms/")
    Membership.objects.filter(person=cast.ayse).delete()
    assert send(now + timedelta(days=1), config) == (0, 1)
    assert last().fault["code"] == "not_on_team" and not box.mails


def test_a_mail_server_that_does_not_know_us(cast: Cast, box: Box, config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options: dict[str, Any] = {"auth_require_tls": False}
    no = AuthResult(success=False, handled=False)
    server = Controller(box, hostname="127.0.0.1", port=port, authenticator=lambda *_: no, **options)
    server.start()
    try:
        wish(cast, cast.ayse)
        began(config)
        raised(an_alarm(a_story()))
        locked = dataclasses.replace(config, smtp_port=port, smtp_user="kalkan", smtp_password="wrong")
        assert send(NOW, locked) == (0, 1) and last().fault["code"] == "mail_sign_in"
        unknown = dataclasses.replace(locked, smtp_tls="perhaps")
        assert send(last().due_at, unknown) == (0, 1) and last().fault["code"] == "smtp_tls_unknown"
    finally:
        server.stop()
    assert last().state == "waiting" and "wrong" not in str(last().fault)


# — hooks —


def test_a_hook_is_signed_and_says_everything(cast: Cast, config: Config, ear: Ear, door: Door) -> None:
    keep_posts()
    _hook, secret = acts.add_hook(cast.ayse, cast.findik, name="Chat", url=ear.url, form="whole", lang="en")
    began(config)
    raised(an_alarm(a_story(title="<!channel> @everyone <https://a.example|b> & kaza")))
    assert send(NOW, config, door) == (1, 0)
    headers, body = ear.heard[0]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())
    told = json.loads(body)
    assert told["type"] == "alarm" and told["brand"] == "findik" and told["id"] == headers["idempotency-key"]
    (one,) = told["alarms"]
    for name in ("at", "title", "terms", "began", "n", "authors", "score", "gravity", "examples", "usual_per_hour"):
        assert name in one
    assert "kaza hakkında söz 0" in one["examples"] and one["after_fifth_minutes"] == 9.0
    text = told["text"]
    assert "&lt;!channel&gt;" in text and "<" not in text and "@everyone" not in text and "&amp; kaza" in text
    assert "https://desk.example/stories/leak-1/" in text and "28 min after the first post" in text
    kept = AlarmHook.objects.values_list().get()
    assert secret not in str(kept) and "/hook" not in str(kept), "neither secret nor address can be read in the table"


@pytest.mark.parametrize(("guide", "name"), [("alarms.md", "is_ours"), ("alarms.tr.md", "bizden_mi")])
def test_the_check_in_the_guide(guide: str, name: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / guide).read_text(encoding="utf-8")
    snippet: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], snippet)
    secret = "whsec_" + base64.b64encode(b"a secret for tests").decode()
    headers = alarms_hook.signed(b'{"text": "x"}', key="one", secret=secret, now=NOW)
    assert snippet[name](headers, b'{"text": "x"}', secret)
    assert not snippet[name](headers, b'{"text": "y"}', secret)


def test_a_hook_is_tried_again_and_given_up(cast: Cast, config: Config, ear: Ear, door: Door) -> None:
    acts.add_hook(cast.ayse, cast.findik, name="Chat", url=ear.url, form="text", lang="tr")
    began(config)
    raised(an_alarm(a_story()))
    ear.answers = [500, 503, 429]
    now, waits = NOW, []
    for _ in range(4):
        send(now, config, door)
        letter = AlarmLetter.objects.get()
        waits.append(letter.due_at - now)
        now = letter.due_at
    assert waits[:3] == [timedelta(seconds=seconds) for seconds in (10, 30, 120)] and letter.state == "sent"
    assert {headers["webhook-id"] for headers, _ in ear.heard} == {letter.key}
    assert set(json.loads(ear.heard[0][1])) == {"text"} and "ağırlık" in json.loads(ear.heard[0][1])["text"]
    raised(an_alarm(a_story("second")))
    ear.answers = [302] * 20
    for _ in range(3):
        send(now, config, door)
        now = last().due_at
    assert last().state == "given_up", "a redirect is not followed"
    raised(an_alarm(a_story("third")))
    ear.answers = [500] * 20
    for _ in range(20):
        send(now, config, door)
        now = last().due_at
    latest = last()
    assert latest.state == "given_up" and latest.tries == len(alarms_outbox.BACKOFF) + 1


def test_a_hook_into_the_private_network_is_refused(cast: Cast, config: Config, ear: Ear) -> None:
    acts.add_hook(
        cast.ayse, cast.findik, name="Inside", url=ear.url.replace("127.0.0.1", "localhost"), form="text", lang="en"
    )
    began(config)
    raised(an_alarm(a_story()))
    guarded = Door(resolve=lambda _host, _port: ["127.0.0.1"])
    assert send(NOW, config, guarded) == (0, 1) and not ear.heard
    letter = last()
    assert letter.fault["code"] in ("address_private", "address_port")
    client = signed_in(cast.ayse)
    for url in ("http://169.254.169.254/x", "http://127.0.0.1/", "ftp://a.example/", "https://user:pw@a.example/"):
        text = client.post("/settings/alarms/hooks/", hook_form(url)).content.decode()
        assert "One thing below needs another look" in text, url
    assert AlarmHook.objects.count() == 1


def hook_form(url: str, name: str = "Chat") -> dict[str, str]:
    return {"hook-name": name, "hook-url": url, "hook-form": "whole", "hook-lang": "en"}


# — pages —


def shared_week() -> float:
    return alarms.budget(alarms.shared_scopes(), now=NOW).a_week


def test_settings_say_who_is_told_and_how(cast: Cast, config: Config, ear: Ear, door: Door) -> None:
    enter()
    client = signed_in(cast.ayse)
    text = page(client, "/settings/alarms/")
    assert "Nobody of the team is told by mail" in text and "Everything heard" in text
    own = {"wish-by_mail": "on", "wish-quiet_from": "22:00", "wish-quiet_until": "", "wish-on_call": "on"}
    assert "Quiet hours have a beginning and an end" in client.post("/settings/alarms/own/", own).content.decode()
    assert client.post("/settings/alarms/own/", {**own, "wish-quiet_until": "07:00"})["Location"].endswith("?own")
    assert "quiet 22:00–07:00" in page(client, "/settings/alarms/")
    rules = {"rules-a_week": "4", "rules-all_week": "0.5", "rules-floor": "3", "rules-cool_down": "60"}
    assert (
        "needs another look" in client.post("/settings/alarms/rules/", {**rules, "rules-a_week": "-1"}).content.decode()
    )
    assert client.post("/settings/alarms/rules/", rules)["Location"].endswith("?saved")
    assert client.post("/settings/alarms/rules/", rules)["Location"].endswith("?same")
    book = stories.opened()
    assert book.budget("brand:findik", now=NOW).a_week == 4.0 and shared_week() == 0.5
    text = client.post("/settings/alarms/hooks/", hook_form("https://hooks.example/x", "<i>Chat</i>")).content.decode()
    assert "whsec_" in text and "&lt;i&gt;Chat&lt;/i&gt;" in text
    text = client.post("/settings/alarms/hooks/", hook_form("https://hooks.example/x")).content.decode()
    assert "posted to this address already" in text and "whsec_" not in page(client, "/settings/alarms/")
    assert "hooks.example" in page(client, "/settings/alarms/") and "hooks.example/x" not in page(
        client, "/settings/alarms/"
    )
    acts.remove_hook(cast.ayse, cast.findik, AlarmHook.objects.get())
    row, _secret = acts.add_hook(cast.ayse, cast.findik, name="Chat", url=ear.url, form="whole", lang="en")
    client.post("/settings/alarms/trial/", {"hook": str(row.pk)})
    client.post("/settings/alarms/trial/", {})
    assert send(NOW, config, door) == (2, 0)
    assert json.loads(ear.heard[0][1])["type"] == "trial" and "trial" in page(client, "/settings/alarms/")
    client.post(f"/settings/alarms/hooks/{row.pk}/", {"on": "no"})
    assert "switched off" in page(client, "/settings/alarms/")
    client.post(f"/settings/alarms/hooks/{row.pk}/", {"remove": "yes"})
    assert not AlarmHook.objects.exists()
    assert "Added an address that alarms are posted to" in page(client, "/audit/")


def test_only_owners_change_what_is_told_and_nobody_sees_the_others(cast: Cast) -> None:
    enter()
    hook, _ = acts.add_hook(cast.ayse, cast.findik, name="Chat", url="https://hooks.example/x", form="whole", lang="en")
    viewer, other = signed_in(cast.bora), signed_in(cast.cem)
    assert "hooks.example" not in page(viewer, "/settings/alarms/")
    assert viewer.post("/settings/alarms/rules/", {}).status_code == 403
    assert viewer.post("/settings/alarms/hooks/", hook_form("https://b.example/")).status_code == 403
    assert viewer.post(f"/settings/alarms/hooks/{hook.pk}/", {"remove": "yes"}).status_code == 403
    assert other.post(f"/settings/alarms/hooks/{hook.pk}/", {"remove": "yes"}).status_code == 404
    assert other.post("/settings/alarms/trial/", {"hook": str(hook.pk)}).status_code == 404
    assert AlarmHook.objects.count() == 1
    with pytest.raises(Refused, match="not_allowed"):
        acts.set_rules(cast.bora, cast.findik, a_week=1, cool_down=0, floor=0)


def test_the_list_is_read_and_judged_and_the_budget_learns(cast: Cast) -> None:
    row = a_story()
    raised(an_alarm(row), an_alarm(a_story("theirs", scope="brand:cay", watches=(), title="Of the other brand")))
    client = signed_in(cast.ayse)
    text = page(client, "/alarms/")
    assert "1 alarm is new" in text and "Of the other brand" not in text and "0 alarms not worth it" in text
    answer = client.post("/alarms/1/judge/", {"judged": "false", "next": "https://evil.example/"})
    assert answer["Location"] == "/alarms/#alarm-1"
    assert judged(1) == "false"
    text = page(client, "/alarms/")
    assert "1 alarm not worth it this week" in text and 'aria-pressed="true"' in text
    client.post("/alarms/1/judge/", {"judged": ""})
    assert judged(1) == ""
    assert client.post("/alarms/1/judge/", {"judged": "nonsense"}).status_code == 400
    assert client.post("/alarms/2/judge/", {"judged": "useful"}).status_code == 404, "another brand's"
    assert client.post("/alarms/99/judge/", {"judged": "useful"}).status_code == 404
    assert signed_in(cast.bora).post("/alarms/1/judge/", {"judged": "useful"}).status_code == 403, "viewers look on"
    client.post("/alarms/read/", {"upto": "1"})
    assert "No new alarm" in page(client, "/alarms/")
    client.post("/alarms/read/", {"upto": "0"})
    assert "No new alarm" in page(client, "/alarms/"), "what is read stays read"


def test_the_demo_sends_nothing(cast: Cast, config: Config, settings: Any, box: Box) -> None:
    settings.CONFIG = demo = dataclasses.replace(config, demo=True)
    wish(cast, cast.ayse)
    began(demo)
    raised(an_alarm(a_story()))
    assert send(NOW, demo) == (0, 0) and AlarmNotice.objects.filter(brand=cast.findik).count() == 1
    client = signed_in(cast.ayse)
    assert client.post("/settings/alarms/hooks/", hook_form("https://a.example/")).status_code == 403
    assert client.post("/settings/alarms/trial/", {}).status_code == 403
    assert "nothing is mailed or posted" in page(client, "/settings/alarms/")


def test_the_job_of_the_worker(cast: Cast, config: Config, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    from kalkan.desk.jobs import JOBS, Work

    monkeypatch.setattr(alarms_outbox, "_kept", {})
    wish(cast, cast.ayse)
    work = Work(archive=shelf.opened(), config=config, now=lambda: NOW, stop=threading.Event())
    enter()
    alarms_outbox.deliver(work)
    raised(an_alarm(a_story()))
    alarms_outbox.deliver(work)
    assert len(box.mails) == 1
    assert [job.run for job in JOBS if job.name == "alarms"] == ["kalkan.desk.alarms_outbox:deliver"]
    assert stories.opened().budget("brand:findik", now=NOW).a_week == 2.0, "the brand's budget is shared out"
