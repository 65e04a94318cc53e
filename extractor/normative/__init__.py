"""Normative sentences: RFC 2119 keywords, subjects, fingerprints."""
