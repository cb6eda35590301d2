"""Dossiers: the one-stop workflow from filing to result.

What may happen       policy (the table), needs, deadlines
What happens          acts (the one door), filing, checklist, supplements, apologies, sweep, workflows
Money and post        fees, payments, till, payment_providers · parcels, postal, carriers
Who is told           telling → `notifications`
Conversation          lookup, wording, keywords, photos, api
Citizens' pages       public, online, applicant, payment_web
Officers' pages       access · worklists, searching, lists_web · page, offers, meanwhile, web, web_papers, web_care,
                      records · intake, web_filing, electronic_file · workflows_web · paper, paper_web
Made-up dossiers      walking, demo · load, house, stories, invention
"""
