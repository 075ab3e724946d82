"""Therapy-technique sandbox: try an intervention script on a simulated client before it meets a person.

The affect this package reports is simulated: text and probabilities a language model produces, not
something felt. Importing the package loads nothing but this line; each folder below is one noun.
"""

__version__ = "0.1.0"
