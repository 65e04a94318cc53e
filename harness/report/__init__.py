"""Each output format is a pure function of a Report.

``formats`` lists them. ``weigh`` says how much a finding weighs and what belongs together, ``evidence`` what was sent
and which lines are shown, ``wording`` the sentences that formats share; :mod:`harness.base.escape` how hostile text is written.
"""
