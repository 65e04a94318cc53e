"""Normative sentences: RFC 2119 keywords, those they bind, fingerprints."""
