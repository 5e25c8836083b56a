"""The machinery of checks: how an exercise is declared, called and compared, and how a wrong answer is explained.

exercise    how an exercise is declared       draws      random inputs
codec, calling, answering  the one way to reach an answer
running     runs the checks on an answer      comparing  is a result right?
diagnosis   names the mistake                 report     says it
examining   from an answer to its report      verdict    the report as data

The exercises themselves stand in course.declarations.
"""
