"""SMPP 3.4 to a carrier: a process of its own keeps the session, workers hand their messages to it.

alphabet   a text as the bytes of its segments, and back
parts      what joins the segments of one text: headers and parameters
receipts   delivery receipts, by text and by parameter
pdu        the protocol's units as bytes
link       one bound connection: window, answers, enquire_link
journal    what must outlive the process: which segments were taken, which messages came
session    keeps a link up, decides what each answer means
door       where workers hand messages to the session
"""
