"""Pure judgement: facts in, one assessment with all its reasons out.

It imports neither a framework nor I/O and never reads the clock; the policy file is parsed from text that is handed in.
"""
