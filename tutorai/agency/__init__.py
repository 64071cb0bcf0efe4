"""Programs that work for a person: what somebody granted one, and the tokens it shows.

A person grants a program one course in one role of theirs (`models.Delegation`). By a token that
was made on a page, or by OAuth: authorization code with PKCE, through django-oauth-toolkit, whose
"user" is that delegation here, for teachers come by launch and have no account. Nothing that opens
anything rests in the database: of codes and tokens there are digests alone.

`delegations.standing` is what every call begins with: the token, and the person's place today.
"""
