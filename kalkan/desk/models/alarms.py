"""Alarms of a brand: what concerns it, who is told how and when, what was told, and what has yet to be sent."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kalkan.desk.models.people import Brand, Person


class AlarmRules(models.Model):
    """What a brand wants to be told, and how often it accepts to be told in vain."""

    brand = models.OneToOneField(Brand, models.CASCADE, related_name="alarm_rules")
    a_week = models.FloatField(default=2.0)  # false alarms a week, over all that is watched for the brand
    cool_down = models.PositiveSmallIntegerField(default=180)  # minutes in which a story is told but once
    floor = models.PositiveSmallIntegerField(default=2)  # gravity from which other talk concerns us
    taken = models.BigIntegerField(default=0)  # number of the last alarm that was looked at for this brand
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"alarms of {self.brand_id}"


class AlarmWish(models.Model):
    """How one person of the team wants to be told."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="alarm_wishes")
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="alarm_wishes")
    by_mail = models.BooleanField(default=False)
    quiet_from = models.TimeField(null=True, blank=True)  # by the person's own clock
    quiet_until = models.TimeField(null=True, blank=True)
    on_call = models.BooleanField(default=True)  # gravity 3 comes through in quiet hours
    seen = models.BigIntegerField(default=0)  # number of the last alarm that the person has read

    class Meta:
        """One a person and brand."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "brand"], name="alarm_wish_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} of {self.brand_id}"


class AlarmHook(models.Model):
    """An address that alarms are posted to, signed. The address opens the receiver's door, so it is sealed, too."""

    class Form(models.TextChoices):
        """What is posted."""

        WHOLE = "whole", _("everything as JSON, with a text field")
        TEXT = "text", _("only a text field")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="alarm_hooks")
    name = models.CharField(max_length=60)
    host = models.CharField(max_length=253)  # all of the address that is shown
    digest = models.CharField(max_length=64)  # of the address, so that none is there twice
    sealed = models.TextField()  # by vault.py: url, secret
    form = models.CharField(max_length=5, choices=Form.choices, default=Form.WHOLE)
    lang = models.CharField(max_length=2, default="en")
    enabled = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """In the order in which they were added; an address once a brand."""

        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["brand", "digest"], name="alarm_hook_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.brand_id}"


class AlarmNotice(models.Model):
    """One alarm that concerns a brand, and why nobody was told of it where that is so."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="alarm_notices")
    seq = models.BigIntegerField()
    alarm = models.CharField(max_length=160)
    story = models.CharField(max_length=160)
    at = models.DateTimeField()
    gravity = models.PositiveSmallIntegerField(default=0)
    why_not = models.CharField(max_length=12, blank=True)  # cool_down, old; empty: it was told

    class Meta:
        """Each alarm once a brand."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["brand", "alarm"], name="alarm_notice_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["brand", "story", "-at"], name="alarm_notice_by_story"),
            models.Index(fields=["brand", "-seq"], name="alarm_notice_by_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.brand_id} {self.alarm}"


class AlarmLetter(models.Model):
    """One message on its way out: a mail to a person, or a post to a hook. Rendered when it is sent.

    ``key`` names it to the receiver: a letter that is sent again because nobody knows whether it arrived has the same.
    """

    key = models.CharField(max_length=64, unique=True)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="alarm_letters")
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="alarm_letters")
    hook = models.ForeignKey(AlarmHook, models.CASCADE, null=True, related_name="letters")
    seqs = models.JSONField(default=list)  # alarms it tells of; empty: a trial
    held = models.BooleanField(default=False)  # waits for the end of quiet hours
    state = models.CharField(max_length=8, default="waiting")  # waiting, sent, given_up
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    busy_until = models.DateTimeField(null=True)  # somebody is sending it now
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    fault = models.JSONField(null=True)  # code and params of the last try

    class Meta:
        """Found by what is due."""

        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["state", "due_at"], name="alarm_letter_due"),
            models.Index(fields=["brand", "-made_at"], name="alarm_letter_by_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"
