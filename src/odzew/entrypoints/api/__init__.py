"""The HTTP for programs: notices, items, cases, decisions and appeals under `/api/v1`; health and figures at the root.

Where to start: `app` lists every route with its door; `door` says who may enter; `problems` turns every error into one sentence;
`case_views` decides what of a case each caller sees.
"""
