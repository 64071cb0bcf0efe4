"""Blackboard Learn, over its REST API (SaaS, Original and Ultra courses).

Quirks: ids look like `_12_1` and people and courses are named by LTI's uuid too (`uuid:…`); lists
go on at a relative address; a page of Ultra is a folder with the document in it; release rules
are told by each content alone; 10,000 calls a day are all there are, for every school together;
a grade that is written is an override, and the last one wins.

Source: https://docs.anthology.com/docs/blackboard/rest-apis/ and https://developer.anthology.com
"""
