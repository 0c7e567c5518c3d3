"""The brief for leadership and the team, from one source: comes with the evidence issue."""
