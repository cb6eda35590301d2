"""Understanding Vietnamese citizens: Rasa graph components and the plain functions below them.

    text        folding with offsets, words, repair of typing slips         (pure)
    lookups     reading the word lists of nlu_data/lookups                   (files)
    codes       dossier codes, phone numbers, dates …                        (pure)
    language    the spaCy pipeline: own tokenizer, folded NORM, EntityRuler  (spaCy)
    sequence    the trained tagger of entity spans                           (CRF)
    analyser · intents · entities · fallback    the Rasa components, in the order of config.yml

The line of thought is in docs; the short of it: everything is compared in its folded form (lower case, no accents,
abbreviations written out), so that a phone without Vietnamese is understood as well as one with it.
"""
