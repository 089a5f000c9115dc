"""Flat files, fixed width or delimited: a layout is data, and one engine writes every line of it.

`layout` describes records, `forms` is how a value is spelled, `charset` what a text becomes where an encoding lacks
its characters, `rows` turns a record into a function from a value to a line.
"""
