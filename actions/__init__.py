"""Rasa's custom actions: the dialogue. Facts and their wording come from the backend, over its HTTP API only.

One action per file, one folder per skill. An action reads a `Turn`, says something and leaves a memory; see
`dialogue.py` for what every turn goes through before an action gets it.
"""
