"""HTML from strangers becomes text, and nothing but text."""

from __future__ import annotations

import random
import time

import pytest

from kalkan.networks.markup import is_link, plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>bir</p><p>iki</p>", "bir\n\niki"),
        ("<p>bir<br>iki<br/>üç</p>", "bir\niki\nüç"),
        ("a &amp; b &lt;b&gt; &#39;c&#39; &eacute; &nbsp;x", "a & b <b> 'c' é \xa0x"),
        ("  çok \n\n  boşluk \t ", "çok boşluk"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<ul><li>bir</li><li>iki</li></ul>son", "bir\niki\n\nson"),
        ("x < y and y > z", "x < y and y > z"),
        ("a<!-- <b>secret</b> -->b", "ab"),
        ("a<!-- never closed", "a"),
        ("<![CDATA[merhaba]]> dünya", "merhaba dünya"),
        ('<img class="emojione" alt=":kedi:" src="x">!', ":kedi:!"),
        ("<td>a</td><td>b</td>", "a b"),
        ("<p hidden>no</p>yes", "yes"),
    ],
)
def test_text(html: str, text: str) -> None:
    assert plain(html).text == text


HOSTILE = [
    "<script>alert(1)</script>ok",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>ok",
    "<style>p{color:red}</style>ok",
    "<img src=x onerror=alert(1)>ok",
    "<svg/onload=alert(1)>ok</svg>ok",
    "<svg><script>alert(1)</script></svg>ok",
    "<math><mtext><script>alert(1)</script></mtext></math>ok",
    "<iframe src='javascript:alert(1)'>x</iframe>ok",
    "<a href='javascript:alert(1)'>ok</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>ok</a>",
    "<a href=' https://evil.test/a b'>ok</a>",
    "<p onclick='alert(1)'>ok</p>",
    "<template><img src=x onerror=alert(1)></template>ok",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>ok",
    "ok<scr\0ipt>alert(1)</script>",
    "<object data='x'>no</object><embed src='x'>ok",
    "<!--><script>alert(1)</script>-->ok",
    "<span class=invisible>hidden</span>ok",
    "<head><title>x</title></head>ok",
    "ok<p<p<p",
    "ok<<script>alert(1)</script>",
    "ok<scr<!-- x -->ipt>alert(1)</script>",
    "ok<scr]]>ipt>alert(1)</script>",
    "ok<a href='",
    "<b><i><u>ok",
    "</p></div></a>ok",
    "<?php echo 1 ?>ok",
    "<!DOCTYPE html><html><body>ok",
    "<script>unclosed ok",
    "<xmp><b>ok</b></xmp>",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_markup_leaves_no_markup(html: str) -> None:
    found = plain(html)
    assert "alert" not in found.text or "<" not in found.text
    for mark in ("<script", "</", "<img", "<svg", "<iframe", "<a ", "<p", "onerror", "onclick", "javascript:", "<b>"):
        assert mark not in found.text.lower()
    assert all(is_link(link) for link in found.links)
    if "ok" in html and "unclosed" not in html:
        assert "ok" in found.text


def test_links_are_told_as_they_are_whatever_they_claim() -> None:
    found = plain('<a href="https://evil.test/login">https://bank.test</a> <a href="/local">x</a>')
    assert found.text == "https://bank.test x"
    assert found.links == ("https://evil.test/login",)


def test_alt_texts_and_images() -> None:
    found = plain('<p><img src="a.png" alt="Bir kedi"><img src="b.png"></p>')
    assert (found.images, found.alts) == (2, ("Bir kedi",))


def test_signs_that_nobody_can_show_are_gone() -> None:
    found = plain("<p>a\x00b\x1b[31mc\ud800d\ufeff\x85</p>")
    assert found.text == "ab[31mc?d"
    found.text.encode("utf-8")


def test_nothing_takes_long() -> None:
    """A cap on length and no search that starts over: the worst of many shapes stays well under a second."""
    dice = random.Random(7)
    units = [
        "<",
        "<!--",
        "<a ",
        "<div>",
        "&",
        "<!",
        "<![CDATA[",
        "</div",
        '<a x="',
        "<?",
        "<script></",
        "<a''<",
        "&#",
        "<<a ",
        "<<![CDATA[!--",
    ]
    units += ["".join(dice.choice("<a\"'x> /!=") for _ in range(dice.randrange(3, 9))) for _ in range(40)]
    for unit in units:
        for html in (unit * 30_000, "<a " + unit * 30_000 + ">"):
            began = time.process_time()
            plain(html)
            assert time.process_time() - began < 1.0, unit


def test_any_noise_gives_text() -> None:
    dice = random.Random(11)
    pieces = [
        "<p>",
        "</p>",
        "<a href='",
        "'>",
        "https://x.test",
        "&lt;",
        "&#x",
        ";",
        "<!--",
        "-->",
        "ş",
        "\ud83d",
        "<",
        '"',
    ]
    for _ in range(2000):
        found = plain("".join(dice.choice(pieces) for _ in range(dice.randrange(1, 40))))
        found.text.encode("utf-8")
        assert all(is_link(link) for link in found.links)
