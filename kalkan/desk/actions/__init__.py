"""Verbs that write. Each is one transaction, checks what it is handed, and leaves a line in the audit."""
