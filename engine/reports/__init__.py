"""Reports over stored intervals: on screen, as CSV, XLSX, a page to print; by mail and in folders; the calls behind a number.

`asked` says what may be asked for, `gather` reads it, `metrics.reports` makes the report of it, and a module for each form
shows it. `schedule` knows when reports are due, `sending` brings them to people.
"""
