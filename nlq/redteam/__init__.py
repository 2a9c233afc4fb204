"""Attacks on a copy of one's own database, as each role of its policy: does anything come out?"""
